import { parseCursor } from '../events/cursor.js';
import type { StoredEvent } from '../events/envelope.js';
import { scanBatches, type ScanEnd } from '../records/scan.js';
import { BlockIndex } from './blockIndex.js';
import type { Segment } from './segment.js';
import { seqOf } from './storedEntry.js';

/** An event of a segment, checked and parsed. */
export interface ScannedEvent {
  readonly seq: number;
  readonly event: StoredEvent;
  /** Without its newline. */
  readonly line: Buffer;
}

/**
 * Goes through the events of a segment as long as they follow each other from `firstSeq` on, below `limit`, and gives the
 * segment its index. Answers how the segment ended, or undefined when another event stands where the next one should.
 */
export async function* scanEvents(
  segment: Segment,
  firstSeq: number,
  limit: number,
): AsyncGenerator<readonly ScannedEvent[], ScanEnd | undefined> {
  const blocks = new BlockIndex();
  const batches = scanBatches(segment.path, { to: segment.length });
  let next = firstSeq;
  try {
    for (;;) {
      const batch = await batches.next();
      if (batch.done) return batch.value;
      const events: ScannedEvent[] = [];
      for (const { value, line, offset, end } of batch.value) {
        if (typeof value['cursor'] !== 'string') continue; // its header, its snapshot
        // Checked before it was written, and under a checksum since.
        const event = value as unknown as StoredEvent;
        const seq = seqOf(line) ?? parseCursor(event.cursor)?.seq;
        if (seq !== next || seq >= limit) {
          yield events;
          return undefined;
        }
        const hasNewline = end - offset > line.length;
        blocks.add(seq, offset, hasNewline ? Buffer.concat([line, newline]) : line, [end - offset]);
        events.push({ seq, event, line });
        next += 1;
      }
      yield events;
    }
  } finally {
    segment.blocks = blocks;
    await batches.return({ kind: 'clean', end: 0 });
  }
}

const newline = Buffer.from('\n');

/** The index of a segment, made from its events: where no header has it, or the one that does is wrong. */
export async function indexEvents(segment: Segment, firstSeq: number, limit: number): Promise<void> {
  const events = scanEvents(segment, firstSeq, limit);
  while (!(await events.next()).done);
}
