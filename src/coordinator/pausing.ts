import { deferred, type Deferred } from '../primitives/deferred.js';
import type { Control } from './control.js';
import type { RunJournal } from '../journal/runJournal.js';
import { unlessAborted } from '../primitives/unlessAborted.js';

/**
 * Takes a pause that was asked for once the attempts that run have ended: journalled when it takes effect and when it is
 * over. Whoever would begin something waits here.
 */
export class Pausing {
  #busy = 0;
  #idle = deferred();
  #pause: Promise<void> | undefined;
  /** The end of a pause that has begun. */
  #over: Deferred<void> | undefined;

  constructor(
    private readonly journal: RunJournal,
    private readonly control: Control,
  ) {}

  get isWanted(): boolean {
    return this.control.pauseWanted && this.control.stopReason === undefined;
  }

  /** Does what a pause waits for. Begins after one that has begun, or when `signal` is aborted. */
  async during<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
    while (this.#over && !signal.aborted) await unlessAborted(this.#over.promise, signal);
    this.#busy += 1;
    try {
      return await attempt();
    } finally {
      this.#leave();
    }
  }

  /**
   * Waits in the middle of what a pause waits for: meanwhile it need not. Goes on after a pause that has begun by then, or
   * when `signal` is aborted.
   */
  async aside<T>(wait: () => Promise<T>, signal: AbortSignal): Promise<T> {
    this.#leave();
    try {
      const result = await wait();
      while (this.#over && !signal.aborted) await unlessAborted(this.#over.promise, signal);
      return result;
    } finally {
      this.#busy += 1;
    }
  }

  #leave(): void {
    this.#busy -= 1;
    this.#idle.resolve();
    this.#idle = deferred();
  }

  async whilePaused(): Promise<void> {
    while (this.isWanted) {
      this.#pause ??= this.#take().finally(() => {
        this.#pause = undefined;
      });
      await this.#pause;
    }
  }

  async #take(): Promise<void> {
    while (this.#busy > 0 && this.isWanted) await Promise.race([this.#idle.promise, this.control.nextWish()]);
    if (!this.isWanted) return;
    const over = (this.#over = deferred());
    try {
      await this.journal.record('prd.paused', {});
      // The stop that may end the pause is seen by the loop.
      if (await this.control.whilePaused()) await this.journal.record('prd.resumed', {});
    } finally {
      this.#over = undefined;
      over.resolve();
    }
  }
}
