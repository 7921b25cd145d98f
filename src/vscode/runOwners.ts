import * as vscode from 'vscode';
import type { Clock } from '../primitives/clock.js';
import type { Logger } from '../primitives/logger.js';
import type { LockInfo } from '../session/ownership.js';
import { isLive } from '../state/selectors.js';
import type { RunState } from '../state/runState.js';
import type { RunProjects } from './runProjects.js';

const checkEveryMs = 2_000;

/**
 * Whether the process that executes a run is alive. A journal ends without a word when its coordinator is killed, so
 * that the fold alone would show such a run as running forever.
 */
export class RunOwners implements vscode.Disposable {
  readonly #locks = new Map<string, LockInfo | undefined>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  #timer: Disposable | undefined;
  #checking = false;
  #disposed = false;

  constructor(
    private readonly projects: RunProjects,
    private readonly liveRuns: () => readonly RunState[],
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Its events say that it goes on, and nobody executes it. False as long as nothing is known. */
  isAbandoned(run: RunState): boolean {
    return isLive(run) && this.#locks.has(run.id) && this.#locks.get(run.id) === undefined;
  }

  /** Process id of the coordinator that executes the run, when it is alive. */
  async pidOf(run: RunState): Promise<number | undefined> {
    return (await this.#lockOf(run))?.holder.pid;
  }

  /** Looks now and then, as long as a run's events say that it goes on. */
  watch(): void {
    if (!this.#timer && !this.#checking) void this.check();
  }

  /** Looks now. */
  async check(): Promise<void> {
    this.#checking = true;
    let changed = false;
    const runs = this.liveRuns();
    for (const run of runs) {
      const lock = await this.#lockOf(run).catch((error: unknown) => {
        this.logger.warn(`Cannot tell whether ${run.id} is alive: ${String(error)}`);
        return this.#locks.get(run.id);
      });
      const was = this.isAbandoned(run);
      this.#locks.set(run.id, lock);
      if (was !== this.isAbandoned(run)) changed = true;
    }
    this.#checking = false;
    if (this.#disposed) return;
    this.#timer?.[Symbol.dispose]();
    this.#timer = runs.length > 0 ? this.clock.after(checkEveryMs, () => void this.check()) : undefined;
    if (changed) this.#changed.fire();
  }

  async #lockOf(run: RunState): Promise<LockInfo | undefined> {
    const project = await this.projects.of(run);
    if (!project) return undefined;
    // Loaded on first use: activation does not pay for it.
    const { listLocks } = await import('../session/ownership.js');
    const locks = await listLocks(project.state);
    return locks.find(
      ({ holder, state, prdId }) =>
        prdId === run.prdId && holder.run_id === run.id && (state === 'alive' || state === 'foreign'),
    );
  }

  dispose(): void {
    this.#disposed = true;
    this.#timer?.[Symbol.dispose]();
    this.#changed.dispose();
  }
}
