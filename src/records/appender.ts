import { writeSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { deferred, type Deferred } from '../primitives/deferred.js';
import { failpoint } from '../primitives/failpoint.js';
import { err, ok, type Result } from '../primitives/result.js';
import { isDiskFull, syncFolder } from './durability.js';

/** `fenced`: a higher term exists. `full`: no space left. `io`: anything else; after it nothing more is acknowledged. */
export interface AppendFailure {
  readonly kind: 'fenced' | 'full' | 'io' | 'closed';
  readonly message: string;
}

type Answer = Result<void, AppendFailure>;

interface Request {
  readonly bytes: Buffer;
  readonly answer: Deferred<Answer>;
}

/**
 * The only writer of one file. Group commit: what is appended in one turn, or while a flush runs, is written and
 * fsynced together.
 *
 * Readers may see bytes before they are acknowledged, so an append that was written whole is never taken back: when
 * the disk is full, the appends that fitted are acknowledged, and only the rest is cut off.
 */
export class Appender implements AsyncDisposable {
  readonly #file: FileHandle;
  readonly #stillOwner: () => boolean;
  #length = 0;
  #queue: Request[] = [];
  #flushing: Promise<void> | undefined;
  /** Once set, the answer to everything. */
  #sealed: AppendFailure | undefined;

  private constructor(file: FileHandle, stillOwner: () => boolean) {
    this.#file = file;
    this.#stillOwner = stillOwner;
  }

  /** Creates the file (it must not exist) and fsyncs its folder. `stillOwner` is asked after each fsync, before anything is acknowledged. */
  static async create(file: string, stillOwner: () => boolean): Promise<Appender> {
    const handle = await open(file, 'wx', 0o600);
    failpoint('records.file-created');
    await syncFolder(path.dirname(file));
    return new Appender(handle, stillOwner);
  }

  /** Bytes that are acknowledged. */
  get length(): number {
    return this.#length;
  }

  /**
   * Resolves when all `records` are on disk and the term is still ours. After `full` the appender goes on; what was
   * appended before the answer came fails with it, so that no record stands after one that is missing.
   */
  append(records: readonly Buffer[]): Promise<Answer> {
    for (const record of records) {
      if (record.length === 0 || record.indexOf(0x0a) !== record.length - 1)
        throw new Error('Internal error: a record is exactly one line');
    }
    return this.appendLines(joined(records));
  }

  /** The same for records that are joined already. The bytes must stay as they are until the answer comes. */
  appendLines(bytes: Buffer): Promise<Answer> {
    if (this.#sealed) return Promise.resolve(err(this.#sealed));
    const answer = deferred<Answer>();
    this.#queue.push({ bytes, answer });
    this.#flushing ??= this.#flush();
    return answer.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#flushing;
    this.#sealed = { kind: 'closed', message: 'The file is closed' };
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    await new Promise(setImmediate);
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      await this.#commit(batch);
    }
    this.#flushing = undefined;
  }

  async #commit(batch: readonly Request[]): Promise<void> {
    let refused: readonly Request[];
    let failure: AppendFailure | undefined;
    let bytes = 0;
    try {
      failpoint('records.append-unwritten');
      const written = this.#write(joined(batch.map((request) => request.bytes)));
      let whole = 0;
      for (const request of batch) {
        if (bytes + request.bytes.length > written.bytes) break;
        bytes += request.bytes.length;
        whole += 1;
      }
      refused = batch.slice(whole);
      if (written.full !== undefined) {
        failure = { kind: 'full', message: written.full };
        await this.#file.truncate(this.#length + bytes);
      }
      failpoint('records.append-unsynced');
      await this.#file.datasync();
      failpoint('records.append-unacknowledged');
    } catch (error) {
      // After a failed write or fsync nobody can say what the disk holds: another attempt could only lie.
      this.#seal({ kind: 'io', message: String(error) }, batch);
      return;
    }
    if (!this.#stillOwner()) {
      this.#seal({ kind: 'fenced', message: 'A higher term exists' }, batch);
      return;
    }
    this.#length += bytes;
    for (const request of batch.slice(0, batch.length - refused.length)) request.answer.resolve(ok(undefined));
    if (failure) this.#refuse(failure, refused);
  }

  /** How many bytes were written, and the reason when the disk had no room for the rest. */
  #write(bytes: Buffer): { readonly bytes: number; readonly full?: string } {
    let written = 0;
    failpoint('records.append-half-written', () => writeSync(this.#file.fd, bytes, 0, bytes.length >> 1, this.#length));
    try {
      // Into memory: to wake another thread for it takes longer. The disk is waited for when it is synced.
      while (written < bytes.length) {
        written += writeSync(this.#file.fd, bytes, written, bytes.length - written, this.#length + written);
      }
      return { bytes: written };
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      return { bytes: written, full: String(error) };
    }
  }

  #seal(failure: AppendFailure, batch: readonly Request[]): void {
    this.#sealed = failure;
    this.#refuse(failure, batch);
  }

  #refuse(failure: AppendFailure, requests: readonly Request[]): void {
    const waiting = this.#queue;
    this.#queue = [];
    for (const request of [...requests, ...waiting]) request.answer.resolve(err(failure));
  }
}

/** Without a copy where there is only one. */
function joined(parts: readonly Buffer[]): Buffer {
  const [only] = parts;
  return parts.length === 1 && only ? only : Buffer.concat(parts);
}
