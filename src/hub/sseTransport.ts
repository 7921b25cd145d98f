import type { ServerResponse } from 'node:http';
import { drained, maxBuffered } from './backpressure.js';
import type { FeedEntry, FeedFollower } from './feed.js';
import type { HubCore } from './hubCore.js';
import { resumePoint, type ResetReason } from './replay.js';
import { commonHeaders } from './responses.js';
import { serveSubscription } from './serveSubscription.js';
import type { StreamWish } from './streamQuery.js';
import { Subscription } from './subscription.js';
import { TurnCache } from './turnCache.js';

const retryMs = 2_000;
const heartbeatMs = 15_000;

/** Event streams for browsers and curl: `event:` the type, `id:` the cursor, `data:` the envelope. */
export class SseTransport implements Disposable {
  readonly #streams = new Set<SseStream>();

  constructor(private readonly core: HubCore) {}

  /** Serves one admitted request until its client goes. `since` is its last cursor, or what it says is one. */
  serve(response: ServerResponse, wish: StreamWish, since: string | undefined): void {
    const stream = new SseStream(this.core, response, wish);
    this.#streams.add(stream);
    this.core.counters.streams = this.#streams.size;
    response.on('close', () => {
      stream[Symbol.dispose]();
      this.#streams.delete(stream);
      this.core.counters.streams = this.#streams.size;
    });
    stream.open(since).catch((error: unknown) => {
      this.core.faults.report('An event stream', error);
      response.destroy();
    });
  }

  [Symbol.dispose](): void {
    for (const stream of this.#streams) stream.close();
  }
}

class SseStream implements FeedFollower, Disposable {
  readonly #subscription: Subscription;
  readonly #following: Disposable;
  readonly #queue: Disposable;
  #timer: Disposable | undefined;

  constructor(
    private readonly core: HubCore,
    private readonly response: ServerResponse,
    private readonly wish: StreamWish,
  ) {
    const { names } = wish.delivery;
    this.#subscription = new Subscription(
      'sse',
      wish.filter,
      core.feed.position + 1,
      names && core.renderings.in(names),
    );
    this.#following = core.feed.follow(this);
    this.#queue = core.counters.watchQueue(() => response.writableLength);
  }

  async open(since: string | undefined): Promise<void> {
    const { log, feed } = this.core;
    const point = since === undefined ? this.#subscription.next : await resumePoint(log, feed, since);
    if (this.#subscription.ended) return;
    this.response.writeHead(200, { ...commonHeaders, 'Content-Type': 'text/event-stream; charset=utf-8' });
    // The id alone dispatches nothing, but a client that is cut before its first event resumes from it.
    const start = log.cursor((typeof point === 'number' ? point : this.#subscription.next) - 1);
    this.#write(Buffer.from(`retry: ${retryMs}\nid: ${start}\n\n`));
    this.#scheduleHeartbeat();
    if (typeof point === 'number') this.#subscription.next = point;
    else this.#reset(point);
    serveSubscription(this.core, this.#subscription, {
      rate: this.wish.delivery.max_rate,
      send: (entries) => this.#send(entries),
      lose: () => {
        this.#reset('expired');
      },
    });
  }

  /** Resolves when the client has taken them. */
  async #send(entries: readonly FeedEntry[]): Promise<void> {
    this.#write(Buffer.concat(this.#told(entries).map((entry) => frame(entries, entry))));
    await drained(this.response);
  }

  #told(entries: readonly FeedEntry[]): FeedEntry[] {
    const told = entries.flatMap((entry) => this.#subscription.told(entry) ?? []);
    this.core.counters.delivered(told.length);
    return told;
  }

  deliver(entries: readonly FeedEntry[]): void {
    if (!this.#subscription.live) return;
    const wanted = entries.filter((entry) => this.#subscription.take(entry));
    if (wanted.length > 0) this.#write(Buffer.concat(this.#told(wanted).map((entry) => frame(entries, entry))));
  }

  close(): void {
    this.#subscription.end();
    this.response.end();
  }

  [Symbol.dispose](): void {
    this.#following[Symbol.dispose]();
    this.#queue[Symbol.dispose]();
    this.#timer?.[Symbol.dispose]();
    this.#subscription.end();
  }

  /** Its name is no event type: those have a dot. */
  #reset(reason: ResetReason): void {
    const { cursor, state } = this.core.snapshots.current();
    const data = `{"reason":"${reason}","cursor":"${cursor}","state":${state}}`;
    this.#write(Buffer.from(`event: reset\nid: ${cursor}\ndata: ${data}\n\n`));
    this.#subscription.next = this.core.feed.position + 1;
  }

  #write(bytes: Buffer): void {
    if (this.response.writableEnded || this.response.destroyed) return;
    if (this.response.writableLength > maxBuffered) {
      this.core.counters.cut('slow_consumer');
      this.response.destroy();
      return;
    }
    this.response.write(bytes);
  }

  #scheduleHeartbeat(): void {
    this.#timer = this.core.clock.after(heartbeatMs, () => {
      this.#write(Buffer.from(': alive\n\n'));
      this.#scheduleHeartbeat();
    });
  }
}

const frames = new TurnCache();

/** Neither type, cursor nor JSON text can contain a line break, so nothing in an event ends its frame. */
function frame(turn: readonly FeedEntry[], entry: FeedEntry): Buffer {
  return frames.get(turn, entry, 'sse', () => {
    const { event } = entry;
    const id = 'cursor' in event ? `id: ${String(event.cursor)}\n` : '';
    return Buffer.concat([Buffer.from(`event: ${event.type}\n${id}data: `), entry.json, Buffer.from('\n\n')]);
  });
}
