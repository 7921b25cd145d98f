import { readdir, readFile, unlink } from 'node:fs/promises';
import path from 'node:path';
import { deferred } from '../primitives/deferred.js';
import { watchFolder } from '../records/watchFolder.js';
import { writeAtomically } from './atomicFile.js';
import { liveness, parseHolder, type Holder } from './holder.js';

/** A file name that sorts by when the ticket was drawn, milliseconds since 1970. */
const ticketName = (drawnAt: number, { pid, instance }: Holder): string =>
  `${String(drawnAt).padStart(16, '0')}-${pid}-${instance}.json`;

/**
 * The runs of a user on this machine that have their turn or wait for it: a file each, in the order in which they came.
 * Whoever has fewer than `most` living ones before it may run. A process that dies needs no goodbye.
 */
export class RunQueue implements AsyncDisposable {
  private constructor(
    private readonly folder: string,
    private readonly name: string,
  ) {}

  /** Draws a ticket; disposing gives it back. */
  static async enter(folder: string, holder: Holder, drawnAt: number): Promise<RunQueue> {
    const name = ticketName(drawnAt, holder);
    await writeAtomically(path.join(folder, name), JSON.stringify(holder));
    return new RunQueue(folder, name);
  }

  /** How many living runs came before. */
  async ahead(): Promise<number> {
    const names = (await readdir(this.folder)).filter((name) => name.endsWith('.json') && name < this.name);
    const isAlive = await Promise.all(names.map((name) => this.#isAlive(name)));
    return isAlive.filter(Boolean).length;
  }

  /** Resolves with true when it is this one's turn, with false when `signal` is aborted before. */
  async turn(most: number, signal: AbortSignal): Promise<boolean> {
    let changed = deferred();
    const look = (): void => {
      changed.resolve();
    };
    signal.addEventListener('abort', look);
    using _watching = watchFolder(this.folder, look);
    try {
      while (!signal.aborted) {
        const seen = changed;
        if ((await this.ahead()) < most) return true;
        await seen.promise;
        changed = deferred();
      }
      return false;
    } finally {
      signal.removeEventListener('abort', look);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await unlink(path.join(this.folder, this.name)).catch(() => {});
  }

  /** Of another machine or container it cannot be said, and it takes nothing of this one. */
  async #isAlive(name: string): Promise<boolean> {
    const file = path.join(this.folder, name);
    const holder = parseHolder(jsonOf(await readFile(file, 'utf8').catch(() => '')));
    const state = holder && liveness(holder);
    if (state === 'dead') await unlink(file).catch(() => {});
    return state === 'alive';
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
