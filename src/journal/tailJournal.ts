import type { Envelope } from '../events/envelope.js';
import { Disposables } from '../primitives/disposables.js';
import type { Logger } from '../primitives/logger.js';
import { watchFolder } from '../records/watchFolder.js';
import { runNames } from '../session/journalFiles.js';
import type { ProjectPaths } from '../session/paths.js';
import { RunFollower } from './runFollower.js';

const defaultPollMs = 1000;
/** Of a run that ended, in polls of one that did not: it may be taken up again. */
const settledPolls = 30;

export interface JournalBatch {
  readonly events: readonly Envelope[];
  /** Transient events come as they are told, outside the order. */
  readonly transient: boolean;
}

/**
 * Follows all runs of a project as their journals grow: each run's events in order, every durable one once from
 * `after(runId)` (a `source_seq`) on, ghosts' appendices left out. `onBatch` is awaited: the follower never runs ahead;
 * durable events for which it throws come again. A damaged journal is reported, and followed up to the damage.
 */
export class JournalFollower implements AsyncDisposable {
  readonly #runs = new Map<string, RunFollower>();
  readonly #watchedPrds = new Set<string>();
  readonly #watches = new Disposables();
  readonly #woken = new Set<RunFollower>();
  #lookForRuns = true;
  #opened = false;
  #following: Promise<void> | undefined;

  constructor(
    readonly project: ProjectPaths,
    readonly options: {
      readonly after: (runId: string) => number;
      readonly onBatch: (batch: JournalBatch) => Promise<void>;
      readonly logger: Logger;
      readonly pollMs?: number;
    },
  ) {}

  /** Starts following; resolves when everything that was there has been handed over. */
  async open(): Promise<void> {
    const poll = (): void => {
      this.#lookForRuns = true;
      for (const run of this.#runs.values()) if (!run.settled) this.#woken.add(run);
      this.#follow();
    };
    this.#watches.use(watchFolder(this.project.runs, poll, this.#pollMs));
    poll();
    await this.#following;
    this.#opened = true;
  }

  /** Waits for the batch that is being handed over, so `onBatch` must not wait for this. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watches[Symbol.asyncDispose]();
    await this.#following;
  }

  get #pollMs(): number {
    return this.options.pollMs ?? defaultPollMs;
  }

  #wake(run: RunFollower): void {
    this.#woken.add(run);
    this.#follow();
  }

  #follow(): void {
    this.#following ??= this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    while (!this.#watches.disposed && (this.#lookForRuns || this.#woken.size > 0)) {
      try {
        if (this.#lookForRuns) await this.#findRuns();
        const [run] = this.#woken;
        if (!run) continue;
        this.#woken.delete(run);
        await run.catchUp();
        this.#watchTerms(run);
      } catch (error) {
        // The poll comes back to it.
        this.options.logger.error(`A journal could not be followed: ${String(error)}`);
      }
    }
    this.#following = undefined;
  }

  async #findRuns(): Promise<void> {
    this.#lookForRuns = false;
    for (const runId of await runNames(this.project)) {
      if (this.#runs.has(runId)) continue;
      const run = new RunFollower(this.project, runId, !this.#opened, {
        after: this.options.after(runId),
        onBatch: this.options.onBatch,
        onFault: (message) => {
          this.options.logger.error(message);
        },
      });
      this.#runs.set(runId, run);
      this.#woken.add(run);
      this.#watch(this.project.run(runId).dir, () => {
        this.#wake(run);
      });
    }
  }

  /** Where a higher term appears, and what its owner accepted: it decides what counts of all the PRD's runs. */
  #watchTerms({ prdId }: RunFollower): void {
    if (prdId === undefined || this.#watchedPrds.has(prdId)) return;
    this.#watchedPrds.add(prdId);
    const wake = (): void => {
      for (const run of this.#runs.values()) if (run.prdId === prdId) this.#wake(run);
    };
    this.#watch(this.project.terms(prdId), wake);
    wake(); // for what happened before we watched
  }

  #watch(folder: string, onChange: () => void): void {
    this.#watches.use(watchFolder(folder, onChange, this.#pollMs * settledPolls));
  }
}
