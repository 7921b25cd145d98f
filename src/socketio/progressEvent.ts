import type { Envelope } from '../events/envelope.js';

/** An event as the progress hub in Python told it to its clients over Socket.IO. */
export interface ProgressEvent {
  readonly type: string;
  readonly prd_id: string | null;
  readonly story_id: string | null;
  /** ISO 8601, UTC. */
  readonly timestamp: string;
  /** Of a story's event it repeats `story_id`. */
  readonly data: Readonly<Record<string, unknown>>;
}

export function progressEvent({ type, prd_id, story_id, timestamp, data }: Envelope): ProgressEvent {
  const about = story_id === undefined ? {} : { story_id };
  return { type, prd_id: prd_id ?? null, story_id: story_id ?? null, timestamp, data: { ...about, ...data } };
}
