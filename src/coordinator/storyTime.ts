import { storyTimeOver } from '../attempt/attemptFailure.js';
import type { Clock } from '../primitives/clock.js';

/**
 * How long the attempts of a story may take together, in one execution of its run: what a story waits for in between, a
 * pause or a limit, does not count. 0 seconds: as long as they like.
 */
export class StoryTime {
  readonly #over = new AbortController();
  #leftMs: number;
  #stop = (): void => {};

  constructor(
    private readonly clock: Clock,
    readonly seconds: number,
  ) {
    this.#leftMs = seconds > 0 ? seconds * 1_000 : Infinity;
  }

  /** Aborted when the time is over, with {@link storyTimeOver}. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  async during<T>(attempt: () => Promise<T>): Promise<T> {
    this.#count();
    try {
      return await attempt();
    } finally {
      this.#stop();
    }
  }

  /** What is waited for in the middle of an attempt does not count either. */
  async aside<T>(wait: () => Promise<T>): Promise<T> {
    this.#stop();
    try {
      return await wait();
    } finally {
      this.#count();
    }
  }

  #count(): void {
    if (this.#leftMs === Infinity) return;
    const start = this.clock.monotonic();
    const timer = this.clock.after(Math.max(0, this.#leftMs), () => {
      this.#end();
    });
    this.#stop = () => {
      timer[Symbol.dispose]();
      this.#leftMs -= this.clock.monotonic() - start;
      if (this.#leftMs <= 0) this.#end();
    };
  }

  #end(): void {
    this.#over.abort(storyTimeOver);
  }
}
