import type { Envelope } from '../events/envelope.js';

/** An event of the log: its place, its content, and the bytes that are stored and sent. */
export interface StoredEntry {
  readonly seq: number;
  readonly event: Envelope;
  readonly json: Buffer;
}
