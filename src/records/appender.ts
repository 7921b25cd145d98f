import type { Result } from '../primitives/result.js';

/** `fenced`: a higher term exists. `full`: no space left. `io`: anything else; after it nothing more is acknowledged. */
export interface AppendFailure {
  readonly kind: 'fenced' | 'full' | 'io' | 'closed';
  readonly message: string;
}

/** The only writer of one file. Group commit: what is appended in one turn is written and fsynced together. */
export class Appender implements AsyncDisposable {
  /** Creates the file (it must not exist) and fsyncs its folder. `stillOwner` is asked after each fsync, before anything is acknowledged. */
  static async create(path: string, stillOwner: () => boolean): Promise<Appender> {
    await Promise.resolve();
    throw new Error(`stub ${path} ${String(stillOwner)}`);
  }

  /** Bytes that are acknowledged. */
  get length(): number {
    throw new Error('stub');
  }

  /** Resolves when all `records` are on disk and the term is still ours. */
  append(records: readonly Buffer[]): Promise<Result<void, AppendFailure>> {
    throw new Error(`stub ${records.length}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.resolve();
  }
}
