import { catalogue, isEventType } from '../events/catalogue.js';
import type { Envelope } from '../events/envelope.js';
import type { Clock } from '../primitives/clock.js';
import { deferred } from '../primitives/deferred.js';
import type { EventLog } from '../log/eventLog.js';
import type { Feed, FeedEntry, FeedFollower } from './feed.js';
import type { Subscription } from './subscription.js';

const secondMs = 1_000;
/** Keys of transient events that can wait; what comes beyond is not told. */
const maxWaiting = 100;

export interface PacedOptions {
  readonly log: Pick<EventLog, 'read' | 'isCurrent'>;
  readonly feed: Feed;
  readonly clock: Clock;
  /** Events in any second, at most. */
  readonly rate: number;
  /** Awaited before more is read. */
  readonly send: (entry: FeedEntry) => Promise<void> | void;
  /** Told when the log cannot be read where the subscription is; its `next` may be moved. */
  readonly onLost: (error: unknown) => void;
}

interface Waiting {
  entry: FeedEntry;
  /** Durable events up to here are told first. */
  readonly after: number;
}

/**
 * Serves one subscription no faster than it asked for. Durable events are read from memory or the log when their turn
 * comes: each once and in order, nothing queues up and nothing is dropped, the client only falls behind. Of transient
 * events the latest of a kind waits.
 */
export class PacedDelivery implements FeedFollower {
  readonly #waiting = new Map<string, Waiting>();
  /** When the last `rate` events were sent. */
  readonly #sent: number[] = [];
  readonly #following: Disposable;
  #news = deferred();

  /** Starts at once; ends with the subscription. */
  constructor(
    private readonly subscription: Subscription,
    private readonly options: PacedOptions,
  ) {
    this.#following = options.feed.follow(this);
    subscription.onEnd(() => {
      this.#following[Symbol.dispose]();
      this.#news.resolve();
    });
    void this.#serve();
  }

  deliver(entries: readonly FeedEntry[]): void {
    for (const entry of entries) if (entry.seq === undefined) this.#keep(entry);
    this.#news.resolve();
  }

  #keep(entry: FeedEntry): void {
    if (!this.subscription.wants(entry)) return;
    const key = keyOf(entry.event);
    const older = this.#waiting.get(key);
    // The latest takes the older one's place, so that it is told in the end however much goes on.
    if (older) older.entry = entry;
    else if (this.#waiting.size < maxWaiting) this.#waiting.set(key, { entry, after: this.options.feed.position });
  }

  async #serve(): Promise<void> {
    const { log, feed, onLost } = this.options;
    while (this.#goesOn()) {
      const news = (this.#news = deferred());
      const rest = feed.from(this.subscription.next);
      if (rest) {
        await this.#tell(rest);
        await this.#tellWaiting();
        if (this.subscription.next > feed.position && this.#waiting.size === 0) await news.promise;
        continue;
      }
      try {
        for await (const entries of log.read(this.subscription.next, feed.position)) {
          await this.#tell(entries);
          if (!this.#goesOn()) break;
        }
      } catch (error) {
        onLost(error);
      }
    }
  }

  async #tell(entries: readonly FeedEntry[]): Promise<void> {
    for (const entry of entries) {
      await this.#tellWaiting();
      if (this.#goesOn() && this.subscription.take(entry)) await this.#send(entry);
    }
  }

  /** Transient events whose turn it is. */
  async #tellWaiting(): Promise<void> {
    for (const [key, { after }] of this.#waiting) {
      if (this.subscription.next <= after) continue;
      await this.#turn();
      // What came meanwhile is later.
      const latest = this.#waiting.get(key);
      this.#waiting.delete(key);
      if (latest && this.#goesOn()) await this.#send(latest.entry);
    }
  }

  async #send(entry: FeedEntry): Promise<void> {
    await this.#turn();
    if (!this.#goesOn()) return;
    this.#sent.push(this.options.clock.monotonic());
    await this.options.send(entry);
  }

  /** Resolves when one more may be sent: fewer than `rate` were within the last second. */
  async #turn(): Promise<void> {
    const { clock, rate } = this.options;
    for (;;) {
      const now = clock.monotonic();
      while (this.#sent.length > 0 && (this.#sent[0] ?? 0) + secondMs <= now) this.#sent.shift();
      if (this.#sent.length < rate || !this.#goesOn()) return;
      const ready = deferred();
      const timer = clock.after((this.#sent[0] ?? now) + secondMs - now, ready.resolve);
      const watch = this.subscription.onEnd(ready.resolve);
      await ready.promise;
      timer[Symbol.dispose]();
      watch[Symbol.dispose]();
    }
  }

  #goesOn(): boolean {
    return !this.subscription.ended && this.options.log.isCurrent();
  }
}

/** Transient events that replace each other: of one command, or of one type and source. */
function keyOf({ type, source, run_id: run = '', data }: Envelope): string {
  const task = isEventType(type) && 'task_id' in catalogue[type].data.shape ? String(data['task_id']) : '';
  return JSON.stringify([type, source, run, task]);
}
