import type { Clock } from '../primitives/clock.js';
import type { Logger } from '../primitives/logger.js';
import type { BusEvent } from './busEvent.js';

/** What the handlers of a bus did, all together. */
export class HandlerFigures {
  /** Handlers and filters that threw or rejected. */
  failures = 0;
  /** Calls that took {@link slowMs} or longer; of those that were timed. */
  slow = 0;
  timed = 0;
  totalMs = 0;
  maxMs = 0;

  constructor(
    readonly slowMs: number,
    readonly clock: Clock,
    readonly logger: Logger,
  ) {}
}

/** One handler of a bus: what it does wrong, and how long it takes, is its own affair. */
export class Subscriber {
  active = true;
  /** Was slow at least once, which is logged once. */
  slow = false;

  constructor(
    readonly pattern: string,
    readonly priority: number,
    private readonly handler: (event: BusEvent) => unknown,
    private readonly filter: ((event: BusEvent) => boolean) | undefined,
    private readonly figures: HandlerFigures,
  ) {}

  /** Never throws. One that was removed by an earlier handler of the same event is not told any more. */
  tell(event: BusEvent): void {
    if (!this.active) return;
    try {
      if (this.filter && !this.filter(event)) return;
      const result = this.handler(event);
      if (isThenable(result)) this.#await(result);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** What is done later is timed always: its cost is another one. */
  #await(result: PromiseLike<unknown>): void {
    const { clock } = this.figures;
    const start = clock.monotonic();
    const took = (): void => {
      this.took(clock.monotonic() - start);
    };
    result.then(took, (error: unknown) => {
      took();
      this.#failed(error);
    });
  }

  /** How long it took to be told. */
  took(ms: number): void {
    const { figures } = this;
    figures.timed += 1;
    figures.totalMs += ms;
    figures.maxMs = Math.max(figures.maxMs, ms);
    if (ms < figures.slowMs) return;
    figures.slow += 1;
    if (!this.slow) {
      figures.logger.warn(`A handler of "${this.pattern}" took ${Math.round(ms)} ms; this is said once`);
    }
    this.slow = true;
  }

  #failed(error: unknown): void {
    this.figures.failures += 1;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.figures.logger.error(`A handler of "${this.pattern}" failed: ${text}`);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
