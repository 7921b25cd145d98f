import fs from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { lock } from 'proper-lockfile';
import type { Clock } from '../primitives/clock.js';
import { errorCode } from '../primitives/errorCode.js';
import type { Logger } from '../primitives/logger.js';

/** How long a heartbeat may be silent before an owner that cannot be looked at (another container, another host) counts as dead. */
export const silenceMs = 30_000;

const updateMs = 2_000;

/** The folder that proper-lockfile touches while its owner lives. */
function heartbeatFolder(lockFile: string): string {
  return `${lockFile}.heartbeat`;
}

/** Milliseconds since the last beat; undefined when there is none. */
export async function heartbeatAge(lockFile: string): Promise<number | undefined> {
  const beat = await lastBeat(lockFile);
  return beat === undefined ? undefined : Math.max(0, Date.now() - beat);
}

async function lastBeat(lockFile: string): Promise<number | undefined> {
  try {
    return (await stat(heartbeatFolder(lockFile))).mtimeMs;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * For how long a heart has been seen to stand still. Only time in which somebody looked counts, so that neither a machine
 * that slept nor a clock that was set makes an owner look stopped.
 */
export class Stillness {
  #seen = '';
  #lookedAt = 0;
  #ms = 0;

  /** Between two looks at most `mostMs` count. */
  constructor(
    private readonly lockFile: string,
    private readonly clock: Clock,
    private readonly mostMs: number,
  ) {}

  /** Looks, and answers for how many milliseconds nothing was heard of the owner called `instance`. */
  async of(instance: string): Promise<number> {
    const beat = await lastBeat(this.lockFile);
    const seen = `${instance} ${beat ?? ''}`;
    const now = this.clock.monotonic();
    // An owner that cannot keep a heartbeat is not stopped.
    const isStill = beat !== undefined && seen === this.#seen;
    this.#ms = isStill ? this.#ms + Math.min(this.mostMs, now - this.#lookedAt) : 0;
    this.#seen = seen;
    this.#lookedAt = now;
    return this.#ms;
  }
}

export async function clearHeartbeat(lockFile: string): Promise<void> {
  await rm(heartbeatFolder(lockFile), { recursive: true, force: true });
}

/**
 * Keeps a lock's heartbeat. proper-lockfile is no mutual exclusion (its takeover of a stale lock has two winners now
 * and then, and a loser's release or exit removes the winner's lock), so it decides nothing here: only the owner of the
 * highest term runs it, and whatever it would remove, it removes only while that is so.
 */
export class Heartbeat implements AsyncDisposable {
  #release: (() => Promise<void>) | undefined;
  #starting: Promise<void> | undefined;
  #stopped = false;

  constructor(
    readonly lockFile: string,
    readonly term: number,
    readonly isOurs: () => boolean,
    readonly logger: Logger,
  ) {}

  /** Beats from now on, unless it does already. Failing is no reason to stop working: it is tried again when asked again. */
  async ensure(): Promise<void> {
    if (this.#release || this.#stopped || !this.isOurs()) return;
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    await this.#starting;
  }

  /** Ends it, and removes its folder if it is still ours. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await this.#starting;
    const release = this.#release;
    this.#release = undefined;
    // It was taken from us in this very moment: nothing is left to release.
    await release?.().catch(() => {});
  }

  async #start(): Promise<void> {
    try {
      // What an older owner left; it would be waited for until it is stale.
      await clearHeartbeat(this.lockFile);
      // proper-lockfile tells its locks apart by this name: two terms in one process must not be one lock to it.
      this.#release = await lock(`${this.lockFile}#${this.term}`, {
        lockfilePath: heartbeatFolder(this.lockFile),
        realpath: false,
        update: updateMs,
        fs: this.#fileSystem(),
        onCompromised: () => {
          this.#release = undefined; // until somebody asks for it again
        },
      });
    } catch (error) {
      this.logger.warn(`No heartbeat for ${this.lockFile}: ${String(error)}`);
    }
  }

  #fileSystem(): object {
    const { mkdir, stat, utimes, realpath, rmdir, rmdirSync } = fs;
    return {
      mkdir,
      stat,
      utimes,
      realpath,
      rmdir: (folder: string, done: (error: Error | null) => void) => {
        if (this.isOurs()) rmdir(folder, done);
        else done(null);
      },
      rmdirSync: (folder: string) => {
        if (this.isOurs()) rmdirSync(folder);
      },
    };
  }
}
