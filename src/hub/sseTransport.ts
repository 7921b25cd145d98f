import type { ServerResponse } from 'node:http';
import { finished } from 'node:stream';
import { drained, endWhenStalled, holdForTurn, maxBuffered } from './backpressure.js';
import type { EventLog } from '../log/eventLog.js';
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
export class SseTransport implements AsyncDisposable {
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

  /** Resolves when every client has what was accepted for it, or does not take it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#streams].map((stream) => stream.close()));
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
    this.#deliver(frames(this.core.log, this.#subscription, entries));
    await drained(this.response);
  }

  deliver(entries: readonly FeedEntry[]): void {
    if (!this.#subscription.live) return;
    const bytes = framesOfTurn(this.core.log, this.#subscription, entries);
    if (bytes.length > 0) this.#deliver(bytes);
  }

  close(): Promise<void> {
    this.#subscription.end();
    return new Promise((resolve) => {
      const stalled = endWhenStalled(this.response, this.core.clock, () => {
        this.response.destroy();
      });
      finished(this.response, () => {
        stalled[Symbol.dispose]();
        resolve();
      });
      this.response.end();
    });
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

  #deliver(bytes: Buffer): void {
    this.core.counters.delivered(1);
    this.#write(bytes);
  }

  #write(bytes: Buffer): void {
    if (this.response.writableEnded || this.response.destroyed) return;
    if (this.response.writableLength > maxBuffered) {
      this.core.counters.cut('slow_consumer');
      this.response.destroy();
      return;
    }
    if (this.response.socket) holdForTurn(this.response.socket);
    this.response.write(bytes);
  }

  #scheduleHeartbeat(): void {
    this.#timer = this.core.clock.after(heartbeatMs, () => {
      this.#write(Buffer.from(': alive\n\n'));
      this.#scheduleHeartbeat();
    });
  }
}

const shared = new TurnCache<Buffer>();

type Places = Pick<EventLog, 'cursor'>;

/** Of the events that are wanted, and the subscription moved on past them all; made once for all who want the same. */
function framesOfTurn(log: Places, subscription: Subscription, turn: readonly FeedEntry[]): Buffer {
  return shared.take(turn, [subscription], 'sse', () => {
    const wanted = turn.filter((entry) => subscription.take(entry));
    return frames(log, subscription, wanted);
  });
}

/** As it is told. Neither type, cursor nor JSON text can contain a line break, so nothing in an event ends its frame. */
function frames(log: Places, subscription: Subscription, entries: readonly FeedEntry[]): Buffer {
  const parts = entries.flatMap((entry) => {
    const told = subscription.told(entry);
    if (!told) return [];
    const { type } = told.head ?? told.event;
    const id = told.seq === undefined ? '' : `id: ${log.cursor(told.seq)}\n`;
    return [Buffer.from(`event: ${type}\n${id}data: `), told.json, end];
  });
  return Buffer.concat(parts);
}

const end = Buffer.from('\n\n');
