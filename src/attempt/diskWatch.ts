import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../primitives/clock.js';

/** Between two looks, milliseconds; longer where looking takes long, so that at most a twentieth of the time goes into it. */
const LEAST_PAUSE_MS = 5_000;
const PAUSE_FOR_LOOK = 20;

/** Why an agent is stopped whose worktree has grown too large. */
export interface DiskEnd {
  readonly kind: 'over-disk';
  readonly bytes: number;
}

/** Aborts its signal when a folder holds more than `most` bytes; never when that is 0. */
export class DiskWatch implements AsyncDisposable {
  readonly #abort = new AbortController();
  #timer: Disposable | undefined;
  #looking: Promise<void> = Promise.resolve();
  #end: DiskEnd | undefined;
  #over = false;
  #peak: number | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly folder: string,
    private readonly most: number,
  ) {
    if (most > 0) this.#wait(LEAST_PAUSE_MS);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The most that was seen; undefined before the first look. */
  get peakBytes(): number | undefined {
    return this.#peak;
  }

  /** Undefined as long as there is room. */
  get end(): DiskEnd | undefined {
    return this.#end;
  }

  #wait(ms: number): void {
    this.#timer = this.clock.after(ms, () => {
      this.#looking = this.#look();
    });
  }

  async #look(): Promise<void> {
    const start = this.clock.monotonic();
    const bytes = await sizeOf(this.folder, () => this.#over);
    if (this.#over) return;
    this.#peak = Math.max(this.#peak ?? 0, bytes);
    if (bytes > this.most) {
      this.#end = { kind: 'over-disk', bytes };
      this.#abort.abort();
    } else {
      this.#wait(Math.max(LEAST_PAUSE_MS, (this.clock.monotonic() - start) * PAUSE_FOR_LOOK));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    this.#timer?.[Symbol.dispose]();
    await this.#looking;
  }
}

/** Bytes on disk of everything in a folder; what goes away meanwhile counts nothing. Links are not followed. */
async function sizeOf(folder: string, isOver: () => boolean): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    if (isOver()) break;
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) bytes += await sizeOf(file, isOver);
    else bytes += ((await lstat(file).catch(() => undefined))?.blocks ?? 0) * 512;
  }
  return bytes;
}
