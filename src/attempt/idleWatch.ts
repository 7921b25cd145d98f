import type { Clock } from '../primitives/clock.js';

/** An agent that was stopped because it gave no sign of life for so many seconds. */
export interface IdleEnd {
  readonly kind: 'idle';
  readonly seconds: number;
}

/** The longest step in which is waited, milliseconds: a machine that slept for hours has slept for one step only. */
const longestStepMs = 30_000;

/** Aborts its signal when an agent gives no sign of life for `seconds`, or a step longer; never when they are 0. */
export class IdleWatch implements Disposable {
  readonly #abort = new AbortController();
  readonly #steps: number;
  #quietSteps = 0;
  #heard = false;
  #heardNothing = true;
  #timer: Disposable | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly seconds: number,
  ) {
    this.#steps = Math.ceil((seconds * 1_000) / longestStepMs);
    if (seconds > 0) this.#wait();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get end(): IdleEnd {
    return { kind: 'idle', seconds: this.seconds };
  }

  /** Whether there was no sign of life from the beginning. */
  get heardNothing(): boolean {
    return this.#heardNothing;
  }

  onSignOfLife(): void {
    this.#heard = true;
    this.#heardNothing = false;
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }

  #wait(): void {
    this.#timer = this.clock.after((this.seconds * 1_000) / this.#steps, () => {
      this.#quietSteps = this.#heard ? 0 : this.#quietSteps + 1;
      this.#heard = false;
      if (this.#quietSteps >= this.#steps) this.#abort.abort();
      else this.#wait();
    });
  }
}
