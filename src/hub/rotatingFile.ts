import { constants } from 'node:fs';
import { open, rename, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../primitives/errorCode.js';
import { makePrivateFolder } from '../session/privateFile.js';

export interface RotatingFileOptions {
  /** `hub.jsonl`; the older ones are `hub.1.jsonl`, `hub.2.jsonl`… */
  readonly file: string;
  /** Of one file. A single line may be longer. */
  readonly maxBytes: number;
  /** How many there are at most, with the current one. */
  readonly files: number;
  /** Asked before each write: whoever is not the owner any more writes nothing. */
  readonly mayWrite: () => boolean;
}

/** What waits to be written; lines beyond are dropped and counted. Bytes. */
const maxPending = 256 * 1024;
const flags =
  constants.O_WRONLY |
  constants.O_APPEND |
  constants.O_CREAT |
  (process.platform === 'win32' ? 0 : constants.O_NOFOLLOW | constants.O_NONBLOCK);

/**
 * Lines in a file of the user's own (0600), which is put aside when it is full. Not for anything that must not be lost: nobody
 * waits for it, and what cannot be written is dropped and counted.
 */
export class RotatingFile implements AsyncDisposable {
  /** Lines that were not written. */
  dropped = 0;
  readonly #pending: string[] = [];
  #pendingBytes = 0;
  #handle: FileHandle | undefined;
  #size = 0;
  #writing: Promise<void> | undefined;
  #closed = false;

  constructor(private readonly options: RotatingFileOptions) {}

  add(line: string): void {
    const bytes = Buffer.byteLength(line) + 1;
    if (this.#closed || this.#pendingBytes + bytes > maxPending) {
      this.dropped += 1;
      return;
    }
    this.#pending.push(line);
    this.#pendingBytes += bytes;
    this.#writing ??= this.#write();
  }

  /** Resolves when what was added is written or dropped. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#writing;
    await this.#close();
  }

  /** Never rejects. */
  async #write(): Promise<void> {
    // Lines of the same turn are written together.
    await Promise.resolve();
    while (this.#pending.length > 0) {
      const lines = this.#pending.splice(0);
      this.#pendingBytes = 0;
      try {
        await this.#append(lines);
      } catch {
        this.dropped += lines.length;
        await this.#close();
      }
    }
    this.#writing = undefined;
  }

  async #append(lines: readonly string[]): Promise<void> {
    let text = '';
    for (const line of lines) {
      if (text !== '' && this.#size + Buffer.byteLength(text) + Buffer.byteLength(line) + 1 > this.options.maxBytes) {
        await this.#put(text);
        text = '';
      }
      text += `${line}\n`;
    }
    await this.#put(text);
  }

  async #put(text: string): Promise<void> {
    if (!this.options.mayWrite()) throw new Error('Somebody else writes this file by now');
    const bytes = Buffer.from(text);
    this.#handle ??= await this.#open();
    if (this.#size > 0 && this.#size + bytes.length > this.options.maxBytes) this.#handle = await this.#rotate();
    await this.#handle.appendFile(bytes);
    this.#size += bytes.length;
  }

  async #open(): Promise<FileHandle> {
    const folder = path.dirname(this.options.file);
    await makePrivateFolder(folder, folder);
    const handle = await open(this.options.file, flags, 0o600);
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) throw new Error(`${this.options.file} is no file`);
      if ((stats.mode & 0o777) !== 0o600) await handle.chmod(0o600);
      this.#size = stats.size;
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async #rotate(): Promise<FileHandle> {
    await this.#close();
    for (let age = this.options.files - 1; age > 0; age -= 1) {
      await rename(this.#name(age - 1), this.#name(age)).catch((error: unknown) => {
        if (errorCode(error) !== 'ENOENT') throw error;
      });
    }
    return this.#open();
  }

  #name(age: number): string {
    const { dir, name, ext } = path.parse(this.options.file);
    return age === 0 ? this.options.file : path.join(dir, `${name}.${age}${ext}`);
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close().catch(() => {});
  }
}
