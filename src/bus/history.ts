import { matches } from '../events/pattern.js';
import type { BusEvent } from './busEvent.js';

export interface HistoryLimits {
  readonly events: number;
  /** Of the events as JSON. */
  readonly bytes: number;
}

/** The last durable events: references to the objects that were emitted, no copies of them. */
export class EventHistory {
  /** A ring: the oldest is at `#first`. */
  readonly #events: (BusEvent | undefined)[] = [];
  readonly #sizes: number[] = [];
  #first = 0;
  #count = 0;
  #bytes = 0;

  constructor(private readonly limits: HistoryLimits) {}

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** `bytes` of its JSON, if somebody has counted them already. */
  add(event: BusEvent, bytes = Buffer.byteLength(JSON.stringify(event))): void {
    if (bytes > this.limits.bytes || this.limits.events < 1) {
      // Without it the others would not be the last ones.
      this.clear();
      return;
    }
    while (this.#count >= this.limits.events || this.#bytes + bytes > this.limits.bytes) this.#forgetFirst();
    const at = this.#at(this.#count);
    this.#events[at] = event;
    this.#sizes[at] = bytes;
    this.#count += 1;
    this.#bytes += bytes;
  }

  /** The last `limit` that match, oldest first. */
  select(pattern: string, limit: number): BusEvent[] {
    const found: BusEvent[] = [];
    for (let index = this.#count - 1; index >= 0 && found.length < limit; index -= 1) {
      const event = this.#events[this.#at(index)];
      if (event && matches(pattern, event.type)) found.push(event);
    }
    return found.reverse();
  }

  clear(): void {
    this.#events.length = 0;
    this.#sizes.length = 0;
    this.#first = 0;
    this.#count = 0;
    this.#bytes = 0;
  }

  #forgetFirst(): void {
    this.#bytes -= this.#sizes[this.#first] ?? 0;
    this.#events[this.#first] = undefined;
    this.#first = this.#at(1);
    this.#count -= 1;
  }

  /** Where the event is that is the `index`th of those remembered. */
  #at(index: number): number {
    const place = this.#first + index;
    return place < this.limits.events ? place : place - this.limits.events;
  }
}
