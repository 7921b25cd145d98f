import type { Envelope } from '../src/events/envelope.js';
import { severityOf, type Severity } from '../src/events/severity.js';
import { eventLine, type EventLine } from '../src/state/eventLine.js';

/** One event as the page shows it. */
export class ShownEvent {
  readonly line: EventLine;
  readonly severity: Severity;
  #haystack: string | undefined;

  constructor(
    /** Place in the list: grows with each event, and is below zero for older ones that came later. */
    readonly place: number,
    readonly event: Envelope,
  ) {
    this.line = eventLine(event);
    this.severity = severityOf({ event });
  }

  /** All that it says, in lower case. */
  get haystack(): string {
    return (this.#haystack ??= `${this.line.text}\n${JSON.stringify(this.event)}`.toLowerCase());
  }
}

/** The last events, oldest first: bounded, and held still while somebody reads. */
export class EventList {
  #shown: ShownEvent[] = [];
  /** What came while it was paused. */
  #waiting: ShownEvent[] = [];
  #newest = 0;
  #oldest = 0;
  #paused = false;
  #dropped = 0;

  constructor(readonly limit = 1_000) {}

  get shown(): readonly ShownEvent[] {
    return this.#shown;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Events that were here, or waited, and had to go. */
  get dropped(): number {
    return this.#dropped;
  }

  /** How many older ones still have room. */
  get room(): number {
    return this.#dropped > 0 ? 0 : Math.max(0, this.limit - this.#shown.length - this.#waiting.length);
  }

  add(events: readonly Envelope[]): void {
    const target = this.#paused ? this.#waiting : this.#shown;
    for (const event of events) target.push(new ShownEvent(++this.#newest, event));
    this.#dropped += trim(target, this.limit);
  }

  /** Events from before all others, newest first; at most as many as there is {@link room}. */
  addOlder(events: readonly Envelope[]): void {
    const older = events.slice(0, this.room).map((event) => new ShownEvent(this.#oldest--, event));
    this.#shown = [...older.reverse(), ...this.#shown];
  }

  /** Forgets all of them; what comes is shown as before. */
  clear(): void {
    this.#shown = [];
    this.#waiting = [];
    this.#dropped = 0;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#shown = [...this.#shown, ...this.#waiting];
    this.#waiting = [];
    this.#dropped += trim(this.#shown, this.limit);
  }
}

/** Removes the oldest beyond `limit`; answers how many. */
function trim(events: ShownEvent[], limit: number): number {
  return events.splice(0, Math.max(0, events.length - limit)).length;
}
