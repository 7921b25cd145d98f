import { readdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../primitives/clock.js';
import type { Logger } from '../primitives/logger.js';
import { err, ok, type Result } from '../primitives/result.js';
import { Terms, type Lengths, type TermRecord } from '../records/terms.js';
import { watchFolder } from '../records/watchFolder.js';
import { writeAtomically } from './atomicFile.js';
import { clearHeartbeat, Heartbeat, heartbeatAge, silenceMs, Stillness } from './heartbeat.js';
import { currentHolder, liveness, parseHolder, type Holder } from './holder.js';
import { undecidedLengths } from './journalFiles.js';
import { ProjectPaths } from './paths.js';
import { makeOwnFolder } from './privateFile.js';

const waitPollMs = 500;

export interface OwnershipOptions {
  readonly terms: string;
  /** The file that people see; its heartbeat is proper-lockfile's. Beside or above `terms`, in the same state folder. */
  readonly lockFile: string;
  readonly holder: Holder;
  /** How long to wait for a living owner; 0 answers at once. */
  readonly waitMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Gives up waiting. */
  readonly signal?: AbortSignal;
  /** Told once for each owner that it has to wait for. */
  readonly onWaiting?: (holder: Holder) => void;
  /** A living owner whose heart stood still for so long while we waited is replaced, too. Absent: never. */
  readonly replaceStillMs?: number;
}

/** Somebody else owns it. `heartbeatAgeMs` tells a stopped owner from a busy one. */
export interface Held {
  readonly holder: Holder;
  readonly heartbeatAgeMs: number | undefined;
}

/**
 * The right to act for a PRD's run, or to be the hub. A term makes it safe; proper-lockfile makes it visible and
 * lets others wait. A dead owner is replaced at once, a living one never, unless `replaceStillMs` says so.
 *
 *     look at the highest term ─ held by a living owner ─► wait, or answer who holds it
 *        ▲                     └ free, released, dead ─► claim the next ─ won ─► owner ─► released | lost
 *        └───────────────────────────────────────────────── somebody was faster
 */
export class Ownership implements AsyncDisposable {
  /** Throws `UnsafeFile` when a folder of the state is a link. */
  static async acquire(options: OwnershipOptions): Promise<Result<Ownership, Held>> {
    const { clock, holder, lockFile } = options;
    const locks = path.dirname(lockFile);
    const root = commonAncestor(locks, path.dirname(options.terms));
    await makeOwnFolder(root, locks);
    await makeOwnFolder(root, options.terms);
    const terms = new Terms(options.terms, parseHolder);
    const deadline = clock.monotonic() + options.waitMs;
    const stillness = new Stillness(lockFile, clock, 2 * waitPollMs);
    let waitedFor: string | undefined;
    for (;;) {
      const top = await terms.highest();
      const held = await holderOf(top, lockFile);
      if (held && (await stillness.of(held.holder.instance)) < (options.replaceStillMs ?? Infinity)) {
        if (clock.monotonic() >= deadline || options.signal?.aborted) return err(held);
        if (waitedFor !== held.holder.instance) options.onWaiting?.(held.holder);
        waitedFor = held.holder.instance;
        await pause(clock, waitPollMs, options.signal);
        continue;
      }
      const term = (top?.term ?? 0) + 1;
      const claimant = { ...holder, since: new Date().toISOString() };
      if (!(await terms.claim(term, claimant))) continue;
      const previous = top?.holder && { term: top.term, holder: top.holder, released: top.released };
      const ownership = new Ownership(term, previous, terms, options);
      await ownership.#show(claimant);
      return ok(ownership);
    }
  }

  readonly #terms: Terms<Holder>;
  readonly #lockFile: string;
  readonly #lost = new AbortController();
  readonly #heartbeat: Heartbeat;
  readonly #watch: Disposable;
  #released = false;

  /** Aborted when a higher term appears: nothing may be done any more. */
  readonly lost: AbortSignal = this.#lost.signal;

  private constructor(
    readonly term: number,
    /** The term before ours and its holder, whatever became of it. */
    readonly previous: { readonly term: number; readonly holder: Holder; readonly released: boolean } | undefined,
    terms: Terms<Holder>,
    options: OwnershipOptions,
  ) {
    this.#terms = terms;
    this.#lockFile = options.lockFile;
    this.#heartbeat = new Heartbeat(options.lockFile, term, () => this.isCurrent(), options.logger);
    // So that a loser stops its agents early (it can have no effect anyway, because every effect asks first), and that
    // an owner whose heartbeat was taken away takes it up again.
    this.#watch = watchFolder(options.terms, () => {
      if (this.isCurrent()) void this.#heartbeat.ensure();
    });
  }

  /** Asked before every effect. */
  isCurrent(): boolean {
    if (this.#released || this.#lost.signal.aborted) return false;
    if (this.#terms.isHighest(this.term)) return true;
    this.#lost.abort();
    return false;
  }

  /** Called once, after recovery: how far older terms' files count. Records nothing when a later owner came first; this one is lost then. */
  async accept(lengths: Lengths): Promise<void> {
    if (!(await this.#terms.accept(this.term, lengths)) && this.isCurrent()) {
      throw new Error('Internal error: what older files count was decided before');
    }
  }

  /** Releases the term and the lock, unless they are somebody else's by now. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#watch[Symbol.dispose]();
    // The term goes last: until then nobody else can have made a lock that this would remove.
    await this.#heartbeat[Symbol.asyncDispose]();
    if (!this.isCurrent()) return;
    await unlink(this.#lockFile).catch(() => {});
    this.#released = true;
    await this.#terms.release(this.term);
  }

  /** What people see. It decides nothing, so that it may fail. */
  async #show(holder: Holder): Promise<void> {
    const { pid, since, role, host, run_id: run } = holder;
    const content = { pid, time: since, run, term: this.term, role, host };
    if (this.isCurrent())
      await writeAtomically(this.#lockFile, `${JSON.stringify(content, undefined, 2)}\n`).catch(() => {});
    await this.#heartbeat.ensure();
  }
}

/** The owner that must be respected: undefined when the thing is free, released, or its owner is dead. */
async function holderOf(top: TermRecord<Holder> | undefined, lockFile: string): Promise<Held | undefined> {
  if (!top?.holder || top.released) return undefined;
  const { holder } = top;
  const state = liveness(holder);
  if (state === 'dead') return undefined;
  const heartbeatAgeMs = await heartbeatAge(lockFile);
  if (state === 'foreign' && silence(holder, heartbeatAgeMs) > silenceMs) return undefined;
  return { holder, heartbeatAgeMs };
}

/** How long nothing was heard of an owner, which may have ended before its first heartbeat. */
function silence(holder: Holder, heartbeatAgeMs: number | undefined): number {
  return heartbeatAgeMs ?? Date.now() - Date.parse(holder.since);
}

async function pause(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = clock.after(ms, done);
    signal?.addEventListener('abort', done);
    function done(): void {
      timer[Symbol.dispose]();
      signal?.removeEventListener('abort', done);
      resolve();
    }
  });
}

function commonAncestor(a: string, b: string): string {
  const relative = path.relative(a, b).split(path.sep);
  return path.resolve(a, ...relative.filter((name) => name === '..'));
}

/** The living owner that executes this run of the PRD. */
export async function executorOf(project: ProjectPaths, prdId: string, runId: string): Promise<Holder | undefined> {
  const top = await new Terms(project.terms(prdId), parseHolder).highest();
  const held = await holderOf(top, project.lock(prdId));
  return held?.holder.run_id === runId ? held.holder : undefined;
}

/** What `storyloop locks` lists. */
export interface LockInfo {
  readonly prdId: string;
  readonly holder: Holder;
  readonly term: number;
  readonly state: 'alive' | 'dead' | 'foreign' | 'released';
  readonly heartbeatAgeMs: number | undefined;
}

/** The last owner of each PRD, by PRD id. `stateDir` is {@link ProjectPaths.state}. */
export async function listLocks(stateDir: string): Promise<LockInfo[]> {
  const project = new ProjectPaths(path.dirname(stateDir));
  const locks: LockInfo[] = [];
  for (const entry of await readdir(path.join(stateDir, 'terms'), { withFileTypes: true }).catch(() => [])) {
    if (!entry.isDirectory()) continue;
    const top = await new Terms(project.terms(entry.name), parseHolder).highest();
    if (!top?.holder) continue;
    const { term, holder } = top;
    const heartbeatAgeMs = await heartbeatAge(project.lock(entry.name));
    locks.push({
      prdId: entry.name,
      term,
      holder,
      heartbeatAgeMs,
      state: top.released ? 'released' : liveness(holder),
    });
  }
  return locks.sort((a, b) => (a.prdId < b.prdId ? -1 : 1));
}

/**
 * Claims and releases the next term of a dead holder, or of one without a heartbeat for `maxAgeMs`: it is outlawed, and
 * its journal counts as far as it is now. False when there was nothing to clean.
 */
export async function cleanLock(stateDir: string, prdId: string, maxAgeMs: number): Promise<boolean> {
  if (!(await listLocks(stateDir)).some((lock) => lock.prdId === prdId)) return false; // nor is it a path to elsewhere
  const project = new ProjectPaths(path.dirname(stateDir));
  const lockFile = project.lock(prdId);
  await makeOwnFolder(stateDir, project.locks);
  await makeOwnFolder(stateDir, project.terms(prdId));
  const terms = new Terms(project.terms(prdId), parseHolder);
  const top = await terms.highest();
  if (!top?.holder || top.released) return false;
  const silent = silence(top.holder, await heartbeatAge(lockFile)) > maxAgeMs;
  if (liveness(top.holder) !== 'dead' && !silent) return false;
  const term = top.term + 1;
  if (!(await terms.claim(term, currentHolder('storyloop locks clean')))) return false;
  await terms.accept(term, await undecidedLengths(project, prdId, terms));
  if (terms.isHighest(term)) {
    await clearHeartbeat(lockFile);
    await unlink(lockFile).catch(() => {});
  }
  await terms.release(term);
  return true;
}
