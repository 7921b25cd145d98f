import mitt from 'mitt';
import { isTransient, type EventType } from '../events/catalogue.js';
import { eventPattern, matches } from '../events/pattern.js';
import { systemClock, type Clock } from '../primitives/clock.js';
import type { Logger } from '../primitives/logger.js';
import { err, ok, type Result } from '../primitives/result.js';
import type { BusEvent, EventOf } from './busEvent.js';
import { EventHistory } from './history.js';
import { Route } from './route.js';
import { HandlerFigures, Subscriber } from './subscriber.js';

export interface SubscribeOptions<Event> {
  /** Higher ones are told first; equal ones in the order in which they subscribed. Default 0. */
  readonly priority?: number;
  readonly filter?: (event: Event) => boolean;
}

export interface WaitOptions<Event> {
  /** Milliseconds; without it only `signal` ends the waiting. */
  readonly timeout?: number;
  readonly filter?: (event: Event) => boolean;
  readonly signal?: AbortSignal;
}

export interface BusOptions {
  readonly clock?: Clock;
  /** Default 1,000 and 8 MiB of JSON. */
  readonly historyEvents?: number;
  readonly historyBytes?: number;
  /** A handler that takes so long or longer counts as slow. Default 50. */
  readonly slowHandlerMs?: number;
}

export interface BusStats {
  readonly total_events: number;
  readonly by_type: Readonly<Record<string, number>>;
  /** Handlers and filters that threw or rejected. */
  readonly handler_failures: number;
  /** Calls that were slow. As handlers are timed now and then until they are slow once, there may have been more. */
  readonly slow_handlers: number;
  /** Of the calls that were timed; an asynchronous one ends with its promise. Milliseconds. */
  readonly handler_time: { readonly calls: number; readonly total_ms: number; readonly max_ms: number };
  readonly history: { readonly events: number; readonly bytes: number };
}

type Pattern = EventType | '*' | (string & {});

interface Emission {
  readonly event: BusEvent;
  readonly bytes: number | undefined;
  /** How many events it is the answer to an answer of. */
  readonly depth: number;
}

/** Types come from outside too: neither the cache nor the counts may grow with their number. */
const maxTypes = 1_000;
/** Handlers that answer events with events for ever are stopped here. */
const maxDepth = 32;

/**
 * Publish and subscribe within one process, by pattern. A handler that throws, rejects or is slow disturbs neither the
 * publisher nor another handler; it is counted and logged. All handlers hear of all events in the same order: what one
 * of them emits is told after the event that it was told.
 */
export class EventBus {
  /** Per type one route to all who want it. mitt's own list serves as the cache; subscribing empties it. */
  readonly #emitter = mitt<Record<string, BusEvent>>();
  readonly #routes = new Map<string, Route>();
  readonly #subscribers: Subscriber[] = [];
  readonly #counters = new Map<string, { count: number }>();
  readonly #figures: HandlerFigures;
  readonly #history: EventHistory;
  readonly #clock: Clock;
  readonly #waiting: Emission[] = [];
  #depth: number | undefined;
  #total = 0;

  constructor(logger: Logger, options: BusOptions = {}) {
    const { clock = systemClock, historyEvents = 1_000, historyBytes = 8 * 1024 * 1024, slowHandlerMs = 50 } = options;
    this.#clock = clock;
    this.#figures = new HandlerFigures(slowHandlerMs, clock, logger);
    this.#history = new EventHistory({ events: historyEvents, bytes: historyBytes });
  }

  /** Throws a RangeError when `pattern` is none. */
  subscribe<P extends Pattern>(
    pattern: P,
    handler: (event: EventOf<P>) => unknown,
    options: SubscribeOptions<EventOf<P>> = {},
  ): Disposable {
    if (!eventPattern.safeParse(pattern).success) throw new RangeError(`"${pattern}" is not an event pattern`);
    // The routes hand it only what matches.
    const subscriber = new Subscriber(
      pattern,
      options.priority ?? 0,
      handler as (event: BusEvent) => unknown,
      options.filter as ((event: BusEvent) => boolean) | undefined,
      this.#figures,
    );
    const before = this.#subscribers.findIndex((other) => other.priority < subscriber.priority);
    this.#subscribers.splice(before < 0 ? this.#subscribers.length : before, 0, subscriber);
    this.#forgetRoutes();
    return {
      [Symbol.dispose]: () => {
        if (!subscriber.active) return;
        subscriber.active = false;
        this.#subscribers.splice(this.#subscribers.indexOf(subscriber), 1);
        this.#forgetRoutes();
      },
    };
  }

  /** Tells the handler of the next event that passes, and of no other, even if it throws. */
  once<P extends Pattern>(
    pattern: P,
    handler: (event: EventOf<P>) => unknown,
    options: SubscribeOptions<EventOf<P>> = {},
  ): Disposable {
    const subscription = this.subscribe(
      pattern,
      (event) => {
        subscription[Symbol.dispose]();
        return handler(event);
      },
      options,
    );
    return subscription;
  }

  /** The next event that passes. Rejects with a RangeError when `pattern` is none. */
  waitFor<P extends Pattern>(
    pattern: P,
    { timeout, filter, signal }: WaitOptions<EventOf<P>> = {},
  ): Promise<Result<EventOf<P>, 'timeout' | 'aborted'>> {
    return new Promise((resolve) => {
      const settle = (result: Result<EventOf<P>, 'timeout' | 'aborted'>): void => {
        subscription[Symbol.dispose]();
        timer?.[Symbol.dispose]();
        signal?.removeEventListener('abort', aborted);
        resolve(result);
      };
      const aborted = (): void => {
        settle(err('aborted'));
      };
      const subscription = this.subscribe(
        pattern,
        (event) => {
          settle(ok(event));
        },
        filter && { filter },
      );
      const expired = (): void => {
        settle(err('timeout'));
      };
      const timer = timeout === undefined ? undefined : this.#clock.after(timeout, expired);
      if (signal?.aborted) aborted();
      else signal?.addEventListener('abort', aborted);
    });
  }

  /**
   * Tells every matching handler, in order. `bytes` of its JSON spare the history counting them. Throws only at a handler
   * that is in an endless conversation with itself or others.
   */
  emit(event: BusEvent, bytes?: number): void {
    if (this.#depth !== undefined) {
      if (this.#depth >= maxDepth)
        throw new RangeError(`"${event.type}" answers ${maxDepth} events that answer events`);
      this.#waiting.push({ event, bytes, depth: this.#depth + 1 });
      return;
    }
    this.#depth = 0;
    try {
      this.#tell(event, bytes);
      for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
        this.#depth = next.depth;
        this.#tell(next.event, next.bytes);
      }
    } finally {
      this.#depth = undefined;
    }
  }

  /** The last durable events that match, oldest first. */
  history(pattern: Pattern = '*', limit = Infinity): BusEvent[] {
    return this.#history.select(pattern, limit);
  }

  /** Forgets what {@link history} answers; the hub's log, and what its clients resume from, are not touched. */
  clearHistory(): void {
    this.#history.clear();
  }

  stats(): BusStats {
    const { failures, slow, timed, totalMs, maxMs } = this.#figures;
    return {
      total_events: this.#total,
      by_type: Object.fromEntries([...this.#counters].map(([type, { count }]) => [type, count])),
      handler_failures: failures,
      slow_handlers: slow,
      handler_time: { calls: timed, total_ms: totalMs, max_ms: maxMs },
      history: { events: this.#history.count, bytes: this.#history.bytes },
    };
  }

  #tell(event: BusEvent, bytes: number | undefined): void {
    const route = this.#routes.get(event.type) ?? this.#makeRoute(event.type);
    this.#total += 1;
    route.counter.count += 1;
    if (route.isDurable) this.#history.add(event, bytes);
    this.#emitter.emit(event.type, event);
  }

  #makeRoute(type: string): Route {
    if (this.#routes.size >= maxTypes) this.#forgetRoutes();
    const subscribers = this.#subscribers.filter(({ pattern }) => matches(pattern, type));
    const route = new Route(!isTransient(type), this.#counter(type), subscribers, this.#clock);
    this.#routes.set(type, route);
    this.#emitter.on(type, route.tell);
    return route;
  }

  #forgetRoutes(): void {
    this.#routes.clear();
    this.#emitter.all.clear();
  }

  #counter(type: string): { count: number } {
    const key = this.#counters.has(type) || this.#counters.size < maxTypes ? type : 'other';
    const counter = this.#counters.get(key) ?? { count: 0 };
    this.#counters.set(key, counter);
    return counter;
  }
}
