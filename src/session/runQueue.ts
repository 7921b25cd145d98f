import { mkdir, readdir, readFile, unlink } from 'node:fs/promises';
import path from 'node:path';
import { lock } from 'proper-lockfile';
import { deferred } from '../primitives/deferred.js';
import { watchFolder } from '../records/watchFolder.js';
import { writeAtomically } from './atomicFile.js';
import { liveness, parseHolder, type Holder } from './holder.js';

/** Drawing a number takes no time; who died while drawing is not waited for. */
const LOCK = { realpath: false, stale: 5_000, retries: { retries: 100, minTimeout: 20, maxTimeout: 200 } };

const numberOf = (name: string): number => Number(/^(\d+)-.*\.json$/.exec(name)?.[1] ?? 0);

/**
 * The runs of a user on this machine that have their turn or wait for it: a file each, numbered in the
 * order in which they came. Whoever has fewer than `most` living ones before it may run. A process that dies needs no goodbye.
 */
export class RunQueue implements AsyncDisposable {
  private constructor(
    private readonly folder: string,
    private readonly name: string,
  ) {}

  /** Draws a ticket; disposing gives it back. */
  static async enter(folder: string, holder: Holder): Promise<RunQueue> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const release = await lock(folder, { ...LOCK, onCompromised: () => {} });
    try {
      const last = Math.max(0, ...(await readdir(folder)).map(numberOf));
      const name = `${last + 1}-${holder.pid}-${holder.instance}.json`;
      await writeAtomically(path.join(folder, name), JSON.stringify(holder));
      return new RunQueue(folder, name);
    } finally {
      await release().catch(() => {});
    }
  }

  /** How many living runs came before. */
  async ahead(): Promise<number> {
    const mine = numberOf(this.name);
    const names = await readdir(this.folder).catch(() => []);
    const before = names.filter((name) => numberOf(name) > 0 && numberOf(name) < mine);
    const isAlive = await Promise.all(before.map((name) => this.#isAlive(name)));
    return isAlive.filter(Boolean).length;
  }

  /** Resolves with true when it is this one's turn, with false when `signal` is aborted before. */
  async turn(most: number, signal: AbortSignal): Promise<boolean> {
    let changed = deferred();
    const look = (): void => {
      changed.resolve();
    };
    signal.addEventListener('abort', look);
    const watching = watchFolder(this.folder, look);
    try {
      while (!signal.aborted) {
        const seen = changed;
        if ((await this.ahead()) < most) return true;
        await seen.promise;
        changed = deferred();
      }
      return false;
    } finally {
      watching[Symbol.dispose]();
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
