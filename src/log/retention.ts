import type { Segment } from './segment.js';

/** How much of the log is kept. Whole segments go, the oldest first, and never the one that is being written. */
export interface Retention {
  /** Bytes of all segments together. Default {@link defaultMaxBytes}. */
  readonly maxBytes?: number;
  /** Milliseconds since a segment's last event. Default {@link defaultMaxAgeMs}. */
  readonly maxAgeMs?: number;
}

export const defaultMaxBytes = 1024 ** 3;
export const defaultMaxAgeMs = 30 * 24 * 3_600_000;

/** How many of the oldest segments are kept no longer. */
export function countExpired(segments: readonly Segment[], retention: Retention, now: number): number {
  const { maxBytes = defaultMaxBytes, maxAgeMs = defaultMaxAgeMs } = retention;
  let bytes = segments.reduce((sum, segment) => sum + segment.length, 0);
  let count = 0;
  for (const { length, writtenAt } of segments.slice(0, -1)) {
    if (bytes <= maxBytes && now - writtenAt <= maxAgeMs) break;
    bytes -= length;
    count += 1;
  }
  return count;
}
