import type { EventBus } from '../bus/eventBus.js';
import { isInterrupted } from '../journal/readJournal.js';
import type { Clock } from '../primitives/clock.js';
import type { Logger } from '../primitives/logger.js';
import { ProjectPaths } from '../session/paths.js';
import type { Project } from '../session/projects.js';
import type { HubState } from '../state/hubState.js';
import type { InterruptedRuns } from '../state/liveness.js';
import type { RunState } from '../state/runState.js';
import { isLive } from '../state/selectors.js';

const lookEveryMs = 1_000;

export interface RunLivenessOptions {
  readonly state: HubState;
  readonly bus: Pick<EventBus, 'subscribe'>;
  readonly projectOf: (id: string) => Project | undefined;
  /** Told when it changes. */
  readonly onChange: (interrupted: InterruptedRuns) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Watches the owners of live runs: the death of a process writes no event. */
export class RunLiveness implements AsyncDisposable {
  /** Each with the `seq` that it had: taken up again, a run says so in its journal, and is looked at again. */
  readonly #interrupted = new Map<string, number>();
  #looking: Promise<void> | undefined;
  #again = false;
  #closed = false;
  #timer: Disposable | undefined;
  #subscription: Disposable | undefined;
  /** Grows with every change. */
  version = 0;

  constructor(private readonly options: RunLivenessOptions) {}

  get interrupted(): InterruptedRuns {
    return new Set(this.#interrupted.keys());
  }

  /** Resolves when every run that is known by now was looked at. */
  async open(): Promise<void> {
    this.#subscription = this.options.bus.subscribe('prd.*', () => void this.#look());
    await this.#look();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
    this.#subscription?.[Symbol.dispose]();
    await this.#looking;
  }

  #look(): Promise<void> {
    this.#again = true;
    this.#looking ??= this.#lookAtAll().finally(() => {
      this.#looking = undefined;
      if (this.#again && !this.#closed) void this.#look();
    });
    return this.#looking;
  }

  async #lookAtAll(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      const before = [...this.#interrupted.keys()].join();
      for (const run of [...this.options.state.runs.values()]) await this.#lookAt(run);
      if (before === [...this.#interrupted.keys()].join()) continue;
      this.version += 1;
      this.options.onChange(this.interrupted);
    }
    this.#timer?.[Symbol.dispose]();
    if (!this.#closed) this.#timer = this.options.clock.after(lookEveryMs, () => void this.#look());
  }

  async #lookAt(run: RunState): Promise<void> {
    const { id, prdId, seq } = run;
    if (run.external || !isLive(run)) {
      this.#interrupted.delete(id);
      return;
    }
    if (this.#interrupted.get(id) === seq) return;
    const project = this.options.projectOf(run.project);
    try {
      // A repository that is gone has nobody who works in it.
      const nobody = !project || (await isInterrupted(new ProjectPaths(project.common_dir), prdId, id));
      if (nobody) this.#interrupted.set(id, seq);
      else this.#interrupted.delete(id);
    } catch (error) {
      this.options.logger.debug(`Cannot tell whether ${id} is alive: ${String(error)}`);
    }
  }
}
