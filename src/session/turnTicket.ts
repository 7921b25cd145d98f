import { randomUUID } from 'node:crypto';
import { readdir, readFile, rename, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '../primitives/errorCode.js';
import { currentHolder, liveness, parseHolder, type Holder, type Liveness } from './holder.js';
import { makeOwnFolder } from './privateFile.js';

const beatMs = 1_000;
const longestPauseMs = 100;

/** For how long who stands still is waited for. `unknown`: killed while it drew its ticket, or about to write it. */
export type Patience = Readonly<Record<Exclude<Liveness, 'dead'> | 'unknown', number>>;
const usualPatience: Patience = { alive: 30_000, foreign: 5_000, unknown: 1_000 };

/**
 * A place in the queue of processes in a folder (Lamport's bakery): a file, `0-<id>` while it looks for the highest number,
 * then `<number>-<id>`; the lowest has its turn. No name is ever used twice, so that whoever finds one whose process is
 * dead removes it, and nobody else's. Courtesy and no fence: who cannot queue goes on, and so does who waited long enough
 * for a process that is stopped.
 */
export class TurnTicket implements AsyncDisposable {
  /** Undefined where none can be written: on a full disk, in a folder that is read only or a link. */
  static async draw(root: string, folder: string): Promise<TurnTicket | undefined> {
    const id = randomUUID();
    const choosing = path.join(folder, `0-${id}`);
    try {
      await makeOwnFolder(root, folder);
      await writeFile(choosing, JSON.stringify(thisProcess()), { flag: 'wx', mode: 0o600 });
      const last = Math.max(0, ...(await tickets(folder)).map(numberOf));
      const name = `${last + 1}-${id}`;
      await rename(choosing, path.join(folder, name));
      return new TurnTicket(folder, name);
    } catch {
      await unlink(choosing).catch(() => {});
      return undefined;
    }
  }

  /** Tells a process that works from one that is stopped. */
  readonly #beat: NodeJS.Timeout;

  private constructor(
    private readonly folder: string,
    private readonly name: string,
  ) {
    const file = path.join(folder, name);
    this.#beat = setInterval(() => {
      const now = new Date();
      void utimes(file, now, now).catch(() => {});
    }, beatMs).unref();
  }

  /** Resolves when it is this one's turn, or `signal` is aborted. */
  async turn(signal?: AbortSignal, patience = usualPatience): Promise<void> {
    const watch = new StillnessWatch();
    let pause = 5;
    while (!signal?.aborted && (await this.#mustWait(watch, patience))) {
      await delay(pause, undefined, signal && { signal }).catch(() => {});
      pause = Math.min(2 * pause, longestPauseMs);
    }
  }

  async #mustWait(watch: StillnessWatch, patience: Patience): Promise<boolean> {
    const blocks = (name: string): Promise<boolean> => isWaitedFor(path.join(this.folder, name), watch, patience);
    try {
      // Who still chooses may get a number as low as this one. In this order: else one could choose between two looks.
      const choosing = (await tickets(this.folder)).filter((name) => numberOf(name) === 0);
      if ((await Promise.all(choosing.map(blocks))).includes(true)) return true;
      const before = (await tickets(this.folder)).filter((name) => numberOf(name) > 0 && isBefore(name, this.name));
      return (await Promise.all(before.map(blocks))).includes(true);
    } catch {
      return false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#beat);
    await unlink(path.join(this.folder, this.name)).catch(() => {});
  }
}

/** How long files have been seen unchanged. Only time in which somebody looked counts: a machine may sleep, a clock be set. */
class StillnessWatch {
  readonly #seen = new Map<string, { readonly mtimeMs: number; readonly at: number; readonly ms: number }>();

  see(file: string, mtimeMs: number): number {
    const at = performance.now();
    const last = this.#seen.get(file);
    const ms = last?.mtimeMs === mtimeMs ? last.ms + Math.min(at - last.at, 2 * longestPauseMs) : 0;
    this.#seen.set(file, { mtimeMs, at, ms });
    return ms;
  }
}

/** Removes the ticket of who is not waited for. */
async function isWaitedFor(file: string, watch: StillnessWatch, patience: Patience): Promise<boolean> {
  try {
    const holder = holderIn(await readFile(file, 'utf8'));
    const state = holder ? liveness(holder) : 'unknown';
    const stillMs = watch.see(file, (await stat(file)).mtimeMs);
    if (state !== 'dead' && stillMs < patience[state]) return true;
    await unlink(file);
    return false;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

const TICKET = /^(\d{1,15})-[0-9a-f-]{36}$/;

async function tickets(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => TICKET.test(name));
}

function numberOf(name: string): number {
  return Number(TICKET.exec(name)?.[1]);
}

function isBefore(name: string, other: string): boolean {
  return numberOf(name) < numberOf(other) || (numberOf(name) === numberOf(other) && name < other);
}

let ourselves: Holder | undefined;

/** Asked for once: a system may have to start a process to answer. */
function thisProcess(): Holder {
  ourselves ??= currentHolder('storyloop');
  return ourselves;
}

function holderIn(text: string): Holder | undefined {
  try {
    return parseHolder(JSON.parse(text));
  } catch {
    return undefined;
  }
}
