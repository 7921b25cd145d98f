import { scanAll, type ScannedRecord } from './scan.js';

const batchSize = 1000;

export interface TailOptions {
  readonly from: number;
  readonly onRecords: (records: readonly ScannedRecord[]) => void | Promise<void>;
  /** The file will not be read any further. */
  readonly onCorrupt: (fault: string, offset: number) => void;
  readonly limit?: () => Promise<number>;
}

/** Reads a file piece by piece as it grows. Whoever owns it says when there may be more (see `watchFolder`). */
export class Tail {
  #position: number;
  #running: Promise<void> | undefined;
  #corrupt = false;

  /**
   * Calls `onRecords` with each batch of whole records from byte `from` on, in order, one call at a time (awaited); a
   * batch for which it throws comes again. A file that does not exist yet is empty. `limit` is asked before each read
   * and again after it, before anything is handed over: bytes beyond it do not count. While there is no limit
   * (infinity), a last line waits for its newline.
   */
  constructor(
    readonly path: string,
    readonly options: TailOptions,
  ) {
    this.#position = options.from;
  }

  /** Up to where `onRecords` has had everything. */
  get position(): number {
    return this.#position;
  }

  /** Reads what is there now; resolves when `onRecords` has had all of it, rejects when that threw. */
  async catchUp(): Promise<void> {
    await this.#running?.catch(() => {});
    this.#running ??= this.#read().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  async #read(): Promise<void> {
    for (let more = true; more && !this.#corrupt;) more = await this.#readBatch();
  }

  /** Whether there may be more. */
  async #readBatch(): Promise<boolean> {
    const to = await this.#limit();
    if (to <= this.#position) return false;
    const { records, end } = await scanAll(this.path, { from: this.#position, to }, batchSize);
    const limit = await this.#limit();
    const counting = records.filter((record) => record.end <= limit && (hasNewline(record) || record.end === limit));
    const last = counting.at(-1);
    if (last) {
      await this.options.onRecords(counting);
      this.#position = last.end;
    }
    if (!end) return counting.length === records.length;
    if (end.kind === 'corrupt' && end.end < limit) this.#stop(end.fault, end.end);
    else if (Number.isFinite(to) && end.end < to) this.#stop('shorter than it was', end.end);
    return false;
  }

  async #limit(): Promise<number> {
    return (await this.options.limit?.()) ?? Number.POSITIVE_INFINITY;
  }

  #stop(fault: string, offset: number): void {
    this.#corrupt = true;
    this.options.onCorrupt(fault, offset);
  }
}

function hasNewline(record: ScannedRecord): boolean {
  return record.end > record.offset + record.line.length;
}
