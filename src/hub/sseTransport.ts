import type { ServerResponse } from 'node:http';
import { finished } from 'node:stream';
import type { SubscriptionFilter } from '../events/frames.js';
import { drained, endWhenStalled, holdForTurn, maxBuffered } from './backpressure.js';
import type { FeedEntry, FeedFollower } from './feed.js';
import type { HubCore } from './hubCore.js';
import { catchUp, resumePoint, type ResetReason } from './replay.js';
import { commonHeaders } from './responses.js';
import { Subscription } from './subscription.js';
import { TurnCache } from './turnCache.js';

const retryMs = 2_000;
const heartbeatMs = 15_000;

/** Event streams for browsers and curl: `event:` the type, `id:` the cursor, `data:` the envelope. */
export class SseTransport implements AsyncDisposable {
  readonly #streams = new Set<SseStream>();

  constructor(private readonly core: HubCore) {}

  /** Serves one admitted request until its client goes. `since` is its last cursor, or what it says is one. */
  serve(response: ServerResponse, filter: SubscriptionFilter, since: string | undefined): void {
    const stream = new SseStream(this.core, response, filter);
    this.#streams.add(stream);
    this.core.counters.streams = this.#streams.size;
    response.on('close', () => {
      stream[Symbol.dispose]();
      this.#streams.delete(stream);
      this.core.counters.streams = this.#streams.size;
    });
    void stream.open(since);
  }

  /** Resolves when every client has what was accepted for it, or does not take it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#streams].map((stream) => stream.close()));
  }
}

class SseStream implements FeedFollower, Disposable {
  readonly #subscription: Subscription;
  readonly #following: Disposable;
  #timer: Disposable | undefined;

  constructor(
    private readonly core: HubCore,
    private readonly response: ServerResponse,
    filter: SubscriptionFilter,
  ) {
    this.#subscription = new Subscription('sse', filter, core.feed.position + 1);
    this.#following = core.feed.follow(this);
  }

  async open(since: string | undefined): Promise<void> {
    const { log, feed, logger } = this.core;
    const point = since === undefined ? this.#subscription.next : await resumePoint(log, feed, since);
    if (this.#subscription.ended) return;
    this.response.writeHead(200, { ...commonHeaders, 'Content-Type': 'text/event-stream; charset=utf-8' });
    // The id alone dispatches nothing, but a client that is cut before its first event resumes from it.
    const start = log.cursor((typeof point === 'number' ? point : this.#subscription.next) - 1);
    this.#write(Buffer.from(`retry: ${retryMs}\nid: ${start}\n\n`));
    this.#scheduleHeartbeat();
    if (typeof point === 'string') {
      this.#reset(point);
      return;
    }
    this.#subscription.next = point;
    try {
      await catchUp(log, feed, this.#subscription, async (entries) => {
        this.#write(frames(entries));
        await drained(this.response);
      });
    } catch (error) {
      logger.error(`The log cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      this.#reset('expired');
    }
  }

  deliver(entries: readonly FeedEntry[]): void {
    if (!this.#subscription.live) return;
    const bytes = framesOfTurn(entries, this.#subscription);
    if (bytes.length > 0) this.#write(bytes);
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
    this.#timer?.[Symbol.dispose]();
    this.#subscription.end();
  }

  /** Its name is no event type: those have a dot. */
  #reset(reason: ResetReason): void {
    const { cursor, state } = this.core.snapshots.current();
    const data = `{"reason":"${reason}","cursor":"${cursor}","state":${state}}`;
    this.#write(Buffer.from(`event: reset\nid: ${cursor}\ndata: ${data}\n\n`));
    this.#subscription.next = this.core.feed.position + 1;
    this.#subscription.live = !this.#subscription.ended;
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

/** Of the events that are wanted, and the subscription moved on past them all; made once for all who want the same. */
function framesOfTurn(turn: readonly FeedEntry[], subscription: Subscription): Buffer {
  return shared.take(turn, [subscription], 'sse', () => frames(turn.filter((entry) => subscription.take(entry))));
}

/** Neither type, cursor nor JSON text can contain a line break, so nothing in an event ends its frame. */
function frames(entries: readonly FeedEntry[]): Buffer {
  const parts = entries.flatMap(({ event, json }) => {
    const id = 'cursor' in event ? `id: ${String(event.cursor)}\n` : '';
    return [Buffer.from(`event: ${event.type}\n${id}data: `), json, end];
  });
  return Buffer.concat(parts);
}

const end = Buffer.from('\n\n');
