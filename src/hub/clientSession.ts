import { type IntentName, intentName } from '../events/catalogue.js';
import { describe, type PublishedEvent } from '../events/envelope.js';
import { clientFrame, type ClientFrame, type ErrorCode, type HubFrame, type RequestId } from '../events/frames.js';
import { PROTOCOL_VERSION } from '../events/version.js';
import { messagesOfHistory, messagesOfTurn } from './eventMessages.js';
import type { FeedEntry, FeedFollower } from './feed.js';
import { allows, type Scope } from '../gate/gate.js';
import type { HubCore } from './hubCore.js';
import type { PublishFailure } from './ingest.js';
import { parseJson } from './jsonBody.js';
import { catchUp, resumePoint, type ResetReason } from './replay.js';
import type { IntentRequest } from './runIntents.js';
import { Subscription } from './subscription.js';

/** Where a client's frames go. */
export interface Outlet {
  /** Sends frames in one go. Never waits; a client that does not keep up is cut by the transport. */
  send(frames: readonly (string | Buffer)[]): void;
  /** As `send`; clients that are told the same are given the same array, which may be encoded once for all of them. */
  tell(frames: readonly Buffer[]): void;
  /** Resolves when the client has taken what was sent, or is gone. */
  flushed(): Promise<void>;
}

export interface ClientIdentity {
  readonly id: string;
  readonly publisher: string;
  readonly scope: Scope | undefined;
}

/** What a client gets that has not subscribed to anything: everything. */
const implicitId = 's0';
const maxSubscriptions = 100;
const initialEvents = 50;

type Answer = Extract<HubFrame, { op: 'ok' | 'error' | 'pong' }>;
/** `afterwards` runs once the answer is on its way. */
interface Reply {
  readonly answer: Answer;
  readonly afterwards?: () => void;
}

type Subscribe = Extract<ClientFrame, { op: 'subscribe' }>;

/** One client of the frame protocol (design §5): its requests and its subscriptions. Knows nothing of sockets. */
export class ClientSession implements FeedFollower, Disposable {
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #following: Disposable;
  #count = 0;
  #batch = false;
  #closed = false;

  /** Greets the client and starts telling it everything. */
  constructor(
    private readonly core: HubCore,
    private readonly client: ClientIdentity,
    private readonly outlet: Outlet,
  ) {
    const { log, feed, snapshots } = core;
    const { cursor, state } = snapshots.current();
    this.#send({
      op: 'connected',
      client_id: client.id,
      version: core.version,
      protocol: PROTOCOL_VERSION,
      log_id: log.logId,
      cursor,
    });
    const events = join(feed.last(initialEvents).map((entry) => entry.json));
    outlet.send([
      Buffer.concat([text(`{"op":"init","state":${state},"events":[`), events, text(`],"cursor":"${cursor}"}`)]),
    ]);
    const implicit = new Subscription(implicitId, {}, feed.position + 1);
    implicit.live = true;
    this.#subscriptions.set(implicitId, implicit);
    this.#following = feed.follow(this);
  }

  /** Whether there is anything that it wants to be told. */
  get subscribed(): boolean {
    return this.#subscriptions.size > 0;
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#following[Symbol.dispose]();
    for (const subscription of this.#subscriptions.values()) subscription.end();
    this.#subscriptions.clear();
  }

  deliver(entries: readonly FeedEntry[]): void {
    const frames = messagesOfTurn(entries, this.#subscriptions.values(), this.#batch);
    if (frames.length > 0) this.outlet.tell(frames);
  }

  /** Handles one message; resolves when its request is answered. Never rejects. */
  async receive(message: string): Promise<void> {
    const json = parseJson(message);
    if (!json.ok) {
      this.#answer(undefined, refusal(json.error.code, json.error.message));
      return;
    }
    const id = requestId(json.value);
    const frame = clientFrame.safeParse(json.value);
    if (!frame.success) {
      this.#answer(id, refusal(frameFault(frame.error.issues[0]?.path[0]), describe(frame.error, [])));
      return;
    }
    try {
      const { answer, afterwards } = await this.#handle(frame.data, id);
      this.#answer(id, answer);
      afterwards?.();
    } catch (error) {
      this.core.logger.error(`A request of ${this.client.id} failed: ${String(error)}`);
      this.#answer(id, refusal('INTERNAL', 'The hub could not handle this request'));
    }
  }

  async #handle(frame: ClientFrame, id: RequestId | undefined): Promise<Reply> {
    switch (frame.op) {
      case 'ping':
        return { answer: { op: 'pong' } };
      case 'subscribe':
        return this.#subscribe(frame, id);
      case 'subscribe_prd':
        return this.#subscribe({ op: 'subscribe', prds: [frame.prd_id] }, id);
      case 'unsubscribe':
        return { answer: this.#unsubscribe(frame.subscription) };
      case 'publish':
        return { answer: await this.#publish(frame.events) };
      case 'run.pause':
      case 'run.resume':
      case 'run.stop':
      case 'run.cancel':
      case 'run.hold':
      case 'run.release':
      case 'run.retry':
      case 'run.skip':
      case 'run.accept':
        return { answer: await this.#request(intentName.parse(frame.op.slice('run.'.length)), frame) };
    }
  }

  async #publish(events: readonly PublishedEvent[]): Promise<Answer> {
    if (!allows(this.client.scope, 'publish')) return refusal('FORBIDDEN', 'This token does not allow to publish');
    const stored = await this.core.ingest.publish(this.client.publisher, events);
    if (stored.ok) return { op: 'ok', cursors: [...stored.value] };
    const { code, details } = publishError(stored.error);
    return refusal(code, stored.error.message, details);
  }

  async #request(intent: IntentName, about: IntentRequest): Promise<Answer> {
    if (!allows(this.client.scope, 'control')) return refusal('FORBIDDEN', 'This token does not allow to control runs');
    const asked = await this.core.intents.request(intent, about, `hub client ${this.client.id}`);
    return asked.ok ? { op: 'ok', intent_id: asked.value } : refusal(asked.error.code, asked.error.message);
  }

  #unsubscribe(id: string): Answer {
    const subscription = this.#subscriptions.get(id);
    if (!subscription) return refusal('UNKNOWN_SUBSCRIPTION', `There is no subscription "${id}"`);
    subscription.end();
    this.#subscriptions.delete(id);
    return { op: 'ok' };
  }

  /** Registers the subscription; what it missed follows after the answer. */
  async #subscribe(frame: Subscribe, id: RequestId | undefined): Promise<Reply> {
    const { types, projects, prds, runs, stories, since, batch } = frame;
    const { log, feed } = this.core;
    if (this.#subscriptions.size >= maxSubscriptions) {
      return { answer: refusal('TOO_LARGE', `At most ${maxSubscriptions} subscriptions`) };
    }
    const point = since === undefined ? undefined : await resumePoint(log, feed, since);
    if (batch) this.#batch = true;
    this.#subscriptions.delete(implicitId);
    const next = typeof point === 'number' ? point : feed.position + 1;
    const subscription = new Subscription(`s${++this.#count}`, { types, projects, prds, runs, stories }, next);
    if (this.#closed) subscription.end();
    else this.#subscriptions.set(subscription.id, subscription);
    return {
      answer: { op: 'ok', subscription: subscription.id, from: log.cursor(next) },
      afterwards: () => {
        if (typeof point === 'string') this.#reset(subscription, id, point);
        else void this.#catchUp(subscription, id);
      },
    };
  }

  async #catchUp(subscription: Subscription, id: RequestId | undefined): Promise<void> {
    try {
      await catchUp(this.core.log, this.core.feed, subscription, async (entries) => {
        this.outlet.send(messagesOfHistory(entries, subscription.id, this.#batch));
        await this.outlet.flushed();
      });
    } catch (error) {
      this.core.logger.error(`The log cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      this.#reset(subscription, id, 'expired');
    }
  }

  /** Says openly that events are missing, gives the state instead, and goes on from there. */
  #reset(subscription: Subscription, id: RequestId | undefined, reason: ResetReason): void {
    const { cursor, state } = this.core.snapshots.current();
    const head = JSON.stringify({ op: 'reset', ...(id === undefined ? {} : { id }), reason, cursor });
    this.outlet.send([`${head.slice(0, -1)},"state":${state}}`]);
    subscription.next = this.core.feed.position + 1;
    subscription.live = !subscription.ended;
  }

  #answer(id: RequestId | undefined, answer: Answer): void {
    this.#send(id === undefined ? answer : { ...answer, id });
  }

  #send(frame: HubFrame): void {
    this.outlet.send([JSON.stringify(frame)]);
  }
}

/** How a refused publication is told, on every transport. */
export function publishError(failure: PublishFailure): {
  readonly status: 400 | 503 | 507;
  readonly code: ErrorCode;
  readonly details?: Record<string, unknown>;
} {
  switch (failure.kind) {
    case 'invalid':
      return { status: 400, code: 'INVALID_EVENT', details: { index: failure.index } };
    case 'full':
      return { status: 507, code: 'INSUFFICIENT_STORAGE' };
    case 'fenced':
    case 'io':
    case 'closed':
      return { status: 503, code: 'UNAVAILABLE' };
  }
}

function join(jsons: readonly Buffer[]): Buffer {
  return Buffer.concat(jsons.flatMap((json, index) => (index === 0 ? [json] : [comma, json])));
}

const text = (value: string): Buffer => Buffer.from(value);
const comma = text(',');

function refusal(code: ErrorCode, message: string, details?: Record<string, unknown>): Answer {
  return { op: 'error', code, message, ...(details ? { details } : {}) };
}

/** Which part of a frame was wrong. */
function frameFault(field: PropertyKey | undefined): ErrorCode {
  if (field === 'types') return 'INVALID_PATTERN';
  if (field === 'since') return 'INVALID_CURSOR';
  return field === 'events' ? 'INVALID_EVENT' : 'INVALID_FRAME';
}

/** The id of a request, as far as one can be made out, so that even a malformed one is answered. */
function requestId(value: unknown): RequestId | undefined {
  if (typeof value !== 'object' || value === null || !('id' in value)) return undefined;
  const { id } = value;
  return typeof id === 'number' || (typeof id === 'string' && id.length <= 64) ? id : undefined;
}
