import type { Clock } from '../primitives/clock.js';
import type { BusEvent } from './busEvent.js';
import type { Subscriber } from './subscriber.js';

/** Looking at the clock takes longer than telling several handlers, so they are timed at the first event and every 32nd. */
const timedEvery = 32;

/** All who want one type of event, in order. */
export class Route {
  #untilTimed = 0;

  constructor(
    /** Whether events of this type are kept. */
    readonly isDurable: boolean,
    readonly counter: { count: number },
    private readonly subscribers: readonly Subscriber[],
    private readonly clock: Clock,
  ) {}

  readonly tell = (event: BusEvent): void => {
    if (this.#untilTimed > 0) {
      this.#untilTimed -= 1;
      for (const subscriber of this.subscribers) subscriber.tell(event);
    } else {
      let start = this.clock.monotonic();
      for (const subscriber of this.subscribers) {
        subscriber.tell(event);
        const end = this.clock.monotonic();
        subscriber.took(end - start);
        start = end;
      }
      // Who was slow once is watched from then on.
      this.#untilTimed = this.subscribers.some(({ slow }) => slow) ? 0 : timedEvery - 1;
    }
  };
}
