import type { Clock } from '../primitives/clock.js';
import type { Logger } from '../primitives/logger.js';
import type { Result } from '../primitives/result.js';
import type { Holder } from './holder.js';

export interface OwnershipOptions {
  readonly terms: string;
  /** The file that people see; its heartbeat is proper-lockfile's. */
  readonly lockFile: string;
  readonly holder: Holder;
  /** How long to wait for a living owner; 0 answers at once. */
  readonly waitMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Gives up waiting. */
  readonly signal?: AbortSignal;
  /** Told once when it has to wait. */
  readonly onWaiting?: (holder: Holder) => void;
}

/** Somebody else owns it. `heartbeatAgeMs` tells a stopped owner from a busy one. */
export interface Held {
  readonly holder: Holder;
  readonly heartbeatAgeMs: number | undefined;
}

/**
 * The right to act for a PRD's run, or to be the hub. A term makes it safe; proper-lockfile makes it visible and
 * lets others wait. A dead owner is replaced at once, a living one never.
 */
export class Ownership implements AsyncDisposable {
  static async acquire(options: OwnershipOptions): Promise<Result<Ownership, Held>> {
    await Promise.resolve();
    throw new Error(`stub ${options.lockFile}`);
  }

  readonly term: number = 0;
  /** The term before ours and its holder, whatever became of it. */
  readonly previous: { readonly term: number; readonly holder: Holder } | undefined;
  /** Aborted when a higher term appears: nothing may be done any more. */
  readonly lost: AbortSignal = new AbortController().signal;

  /** Asked before every effect. */
  isCurrent(): boolean {
    throw new Error('stub');
  }

  /** Called once, after recovery: how far older terms' files count. */
  accept(lengths: Readonly<Record<string, number>>): Promise<void> {
    throw new Error(`stub ${String(lengths)}`);
  }

  /** Releases the term and the lock, unless they are somebody else's by now. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.resolve();
  }
}

/** What `storyloop locks` lists. */
export interface LockInfo {
  readonly prdId: string;
  readonly holder: Holder;
  readonly term: number;
  readonly state: 'alive' | 'dead' | 'foreign' | 'released';
  readonly heartbeatAgeMs: number | undefined;
}

export async function listLocks(stateDir: string): Promise<LockInfo[]> {
  await Promise.resolve();
  throw new Error(`stub ${stateDir}`);
}

/** Claims and releases the next term of a dead holder, or of one without a heartbeat for `maxAgeMs`: it is outlawed. */
export async function cleanLock(stateDir: string, prdId: string, maxAgeMs: number): Promise<boolean> {
  await Promise.resolve();
  throw new Error(`stub ${stateDir} ${prdId} ${maxAgeMs}`);
}
