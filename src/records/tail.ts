import type { ScannedRecord } from './scan.js';

/** Follows a growing file: watches it, with a slow poll as the net. */
export class Tail implements AsyncDisposable {
  /**
   * Calls `onRecords` with each batch of whole records from byte `from` on, in order, one call at a time (awaited).
   * A file that does not exist yet is waited for. `limit` is asked before each read: bytes beyond it do not count.
   */
  constructor(
    readonly path: string,
    readonly options: {
      readonly from: number;
      readonly onRecords: (records: readonly ScannedRecord[]) => void | Promise<void>;
      readonly onCorrupt: (fault: string, offset: number) => void;
      readonly limit?: () => Promise<number>;
      readonly pollMs?: number;
    },
  ) {}

  /** Reads what is there now; resolves when `onRecords` has had all of it. */
  catchUp(): Promise<void> {
    throw new Error('stub');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.resolve();
  }
}
