import mitt from 'mitt';
import type { EventType } from '../events/catalogue.js';
import type { Envelope, KnownEvent } from '../events/envelope.js';
import { eventPattern, matches } from '../events/pattern.js';
import type { Logger } from '../primitives/logger.js';

/** An event as it travels in this process: with its cursor, unless it is transient. */
export type BusEvent = Envelope & { readonly cursor?: string };

/** What a handler of `pattern` is given: an exact type of the catalogue is typed, a wildcard sees any envelope. */
export type EventOf<Pattern extends string> = Pattern extends EventType
  ? Extract<KnownEvent, { readonly type: Pattern }> & { readonly cursor?: string }
  : BusEvent;

export interface SubscribeOptions<Event> {
  /** Higher ones are told first; equal ones in the order in which they subscribed. Default 0. */
  readonly priority?: number;
  readonly filter?: (event: Event) => boolean;
}

export interface BusStats {
  readonly total_events: number;
  readonly by_type: Readonly<Record<string, number>>;
  /** Handlers and filters that threw or rejected. */
  readonly handler_failures: number;
}

interface Entry {
  readonly pattern: string;
  readonly priority: number;
  readonly handle: (event: BusEvent) => void;
}

/** Types come from outside too: neither the cache nor the counts may grow with their number. */
const maxTypes = 1_000;

/**
 * Publish and subscribe within one process: exact types, `story.*` and `*`. A handler that throws, rejects or is slow
 * disturbs neither the publisher nor another handler; its failures are counted and logged.
 */
export class EventBus {
  /** Per type the handlers that match it, in order. mitt's own list serves as the cache; subscribing empties it. */
  readonly #emitter = mitt<Record<string, BusEvent>>();
  readonly #entries: Entry[] = [];
  readonly #byType = new Map<string, number>();
  #total = 0;
  #failures = 0;

  constructor(private readonly logger: Logger) {}

  /** Throws a RangeError when `pattern` is none. */
  subscribe<Pattern extends EventType | '*' | (string & {})>(
    pattern: Pattern,
    handler: (event: EventOf<Pattern>) => unknown,
    options: SubscribeOptions<EventOf<Pattern>> = {},
  ): Disposable {
    if (!eventPattern.safeParse(pattern).success) throw new RangeError(`"${pattern}" is not an event pattern`);
    let active = true;
    const entry: Entry = {
      pattern,
      priority: options.priority ?? 0,
      handle: (event) => {
        // A handler that was removed by an earlier one of the same event is not told any more.
        if (active) this.#isolated(pattern, event as EventOf<Pattern>, handler, options.filter);
      },
    };
    const before = this.#entries.findIndex((other) => other.priority < entry.priority);
    this.#entries.splice(before < 0 ? this.#entries.length : before, 0, entry);
    this.#emitter.all.clear();
    return {
      [Symbol.dispose]: () => {
        if (!active) return;
        active = false;
        this.#entries.splice(this.#entries.indexOf(entry), 1);
        this.#emitter.all.clear();
      },
    };
  }

  /** Tells every matching handler, in order. Never throws. */
  emit(event: BusEvent): void {
    this.#count(event.type);
    if (!this.#emitter.all.has(event.type)) this.#collect(event.type);
    this.#emitter.emit(event.type, event);
  }

  stats(): BusStats {
    return {
      total_events: this.#total,
      by_type: Object.fromEntries(this.#byType),
      handler_failures: this.#failures,
    };
  }

  #collect(type: string): void {
    if (this.#emitter.all.size >= maxTypes) this.#emitter.all.clear();
    const handlers = this.#entries.filter((entry) => matches(entry.pattern, type)).map((entry) => entry.handle);
    this.#emitter.all.set(type, handlers);
  }

  #count(type: string): void {
    this.#total += 1;
    const key = this.#byType.has(type) || this.#byType.size < maxTypes ? type : 'other';
    this.#byType.set(key, (this.#byType.get(key) ?? 0) + 1);
  }

  #isolated<Event>(
    pattern: string,
    event: Event,
    handler: (event: Event) => unknown,
    filter: ((event: Event) => boolean) | undefined,
  ): void {
    try {
      if (filter && !filter(event)) return;
      const result = handler(event);
      if (!isThenable(result)) return;
      result.then(undefined, (error: unknown) => {
        this.#failed(pattern, error);
      });
    } catch (error) {
      this.#failed(pattern, error);
    }
  }

  #failed(pattern: string, error: unknown): void {
    this.#failures += 1;
    this.logger.error(
      `A handler of "${pattern}" failed: ${error instanceof Error ? (error.stack ?? '') : String(error)}`,
    );
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
