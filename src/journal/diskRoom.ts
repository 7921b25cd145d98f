import type { Reserve } from './reserve.js';
import type { Clock } from '../primitives/clock.js';

const lookAgainMs = 1_000;

/** The room on a run's disk: what is kept in reserve, and waiting for more. */
export class DiskRoom {
  constructor(
    readonly reserve: Reserve,
    readonly clock: Clock,
    /** Ends every wait. */
    readonly stopping: AbortSignal,
    /** For who sits at the terminal: what could not be written can be told there. */
    readonly onChange: (isFull: boolean) => void,
  ) {}

  /** Waiting is over for good, with or without room: the reserve, if it was let go, is for the last words. */
  get isGivenUp(): boolean {
    return this.stopping.aborted;
  }

  isThere(): Promise<boolean> {
    return this.reserve.hasRoom(1);
  }

  async letGo(): Promise<void> {
    this.onChange(true);
    await this.reserve.release();
  }

  /** Resolves with true when there is room and some of it is kept again, with false when the run has to end. */
  async isBack(): Promise<boolean> {
    while (!this.stopping.aborted) {
      if ((await this.reserve.hasRoom(2)) && (await this.reserve.take())) {
        this.onChange(false);
        return true;
      }
      await this.#pause();
    }
    return false;
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.clock.after(lookAgainMs, done);
      this.stopping.addEventListener('abort', done);
      const { stopping } = this;
      function done(): void {
        timer[Symbol.dispose]();
        stopping.removeEventListener('abort', done);
        resolve();
      }
    });
  }
}
