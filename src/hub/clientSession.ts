import type { ClientFrame, Delivery, HubFrame, RequestId, SubscriptionFilter } from '../events/frames.js';
import { PROTOCOL_VERSION } from '../events/version.js';
import { messageAlone, messagesOfHistory, messagesOfTurn, type MessageForm } from './eventMessages.js';
import type { FeedEntry, FeedFollower } from './feed.js';
import { answerRequest, refusal, type Answer, type Asker } from './clientAnswers.js';
import { readRequest } from './clientRequest.js';
import type { Addressee } from './clients.js';
import type { HubCore } from './hubCore.js';
import { resumePoint, type ResetReason } from './replay.js';
import { serveSubscription } from './serveSubscription.js';
import type { StreamWish } from './streamQuery.js';
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

export interface ClientIdentity extends Asker {
  /** What it gets as long as it subscribes to nothing. Names and rate are also those of subscriptions that say none. */
  readonly wish: StreamWish;
}

/** What a client gets that has not subscribed to anything: everything that fits its address. */
const implicitId = 's0';
const maxSubscriptions = 100;
const initialEvents = 50;

/** `afterwards` runs once the answer is on its way. */
interface Reply {
  readonly answer: Answer;
  readonly afterwards?: () => void;
}

type Subscribe = Extract<ClientFrame, { op: 'subscribe' }>;

/** One client of the frame protocol: its requests and its subscriptions. Knows nothing of sockets. */
export class ClientSession implements FeedFollower, Addressee, Disposable {
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #following: Disposable;
  readonly #addressed: Disposable;
  #count = 0;
  #requests = 0;
  #batch = false;
  #closed = false;

  /** Greets the client and starts telling it what it came for. */
  constructor(
    private readonly core: HubCore,
    private readonly client: ClientIdentity,
    private readonly outlet: Outlet,
  ) {
    const { filter, delivery } = client.wish;
    const implicit = this.#subscription(implicitId, filter, delivery, core.feed.position + 1);
    this.#greet(implicit);
    this.#subscriptions.set(implicitId, implicit);
    this.#following = core.feed.follow(this);
    this.#addressed = core.clients.add(client.id, this);
    this.#begin(implicit, delivery, undefined);
  }

  /** Whether there is anything that it wants to be told. */
  get subscribed(): boolean {
    return this.#subscriptions.size > 0;
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#following[Symbol.dispose]();
    this.#addressed[Symbol.dispose]();
    for (const subscription of this.#subscriptions.values()) subscription.end();
    this.#subscriptions.clear();
  }

  deliver(entries: readonly FeedEntry[]): void {
    const frames = messagesOfTurn(entries, this.#subscriptions.values(), this.#form);
    if (frames.length === 0) return;
    this.core.counters.delivered(frames.length);
    this.outlet.tell(frames);
  }

  /** An event for this client alone, in the names of its connection. */
  tell(entry: FeedEntry): void {
    const { names } = this.client.wish.delivery;
    const told = names === undefined ? entry : this.core.renderings.in(names).of(entry);
    if (told) this.outlet.send(messageAlone(told, this.#form));
  }

  /** A sprint dashboard's connection knows no frames but its own events. */
  get #isDashboard(): boolean {
    return this.client.wish.delivery.names === 'dashboard';
  }

  get #form(): MessageForm {
    if (this.#isDashboard) return 'bare';
    return this.#batch ? 'batch' : 'single';
  }

  #greet(implicit: Subscription): void {
    const { log, feed, snapshots, renderings, version } = this.core;
    if (this.#isDashboard) {
      const recent = renderings.last(feed, 'dashboard', initialEvents, (entry) => implicit.wants(entry));
      const told = recent.flatMap((entry) => implicit.told(entry) ?? []);
      this.outlet.send([JSON.stringify({ type: 'init', payload: renderings.dashboardInit(told) })]);
      return;
    }
    const { cursor, state } = snapshots.current();
    const { id } = this.client;
    this.#send({ op: 'connected', client_id: id, version, protocol: PROTOCOL_VERSION, log_id: log.logId, cursor });
    const events = join(feed.last(initialEvents).map((entry) => entry.json));
    this.outlet.send([
      Buffer.concat([text(`{"op":"init","state":${state},"events":[`), events, text(`],"cursor":"${cursor}"}`)]),
    ]);
  }

  /** Handles one message; resolves when its request is answered. Never rejects. */
  async receive(message: string): Promise<void> {
    this.#requests += 1;
    const request = readRequest(message);
    if (!request.ok) {
      const { id, code, message: why } = request.error;
      this.#answer(id, refusal(code, why));
      return;
    }
    const { id, frame } = request.value;
    const name = this.#requestName(id);
    try {
      const { answer, afterwards } = await this.#handle(frame, id);
      this.#answer(id, answer, name);
      afterwards?.();
    } catch (error) {
      this.core.faults.report(`"${frame.op}" of ${this.client.id}`, error, name);
      this.#answer(id, refusal('INTERNAL', 'The hub could not handle this request'), name);
    }
  }

  async #handle(frame: ClientFrame, id: RequestId | undefined): Promise<Reply> {
    if (frame.op === 'subscribe') return this.#subscribe(frame, id);
    if (frame.op === 'subscribe_prd') return this.#subscribe({ op: 'subscribe', prds: [frame.prd_id] }, id);
    if (frame.op === 'unsubscribe') return { answer: this.#unsubscribe(frame.subscription) };
    return { answer: await answerRequest(this.core, this.client, frame) };
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
    const { since, batch, names, max_rate, types, projects, prds, runs, stories, severities } = frame;
    const filter = { types, projects, prds, runs, stories, severities };
    const { log, feed } = this.core;
    if (this.#subscriptions.size >= maxSubscriptions) {
      return { answer: refusal('TOO_LARGE', `At most ${maxSubscriptions} subscriptions`) };
    }
    const point = since === undefined ? undefined : await resumePoint(log, feed, since);
    if (batch) this.#batch = true;
    this.#subscriptions.get(implicitId)?.end();
    this.#subscriptions.delete(implicitId);
    const next = typeof point === 'number' ? point : feed.position + 1;
    const usual = this.client.wish.delivery;
    const delivery = { names: names ?? usual.names, max_rate: max_rate ?? usual.max_rate };
    const subscription = this.#subscription(`s${++this.#count}`, filter, delivery, next);
    if (this.#closed) subscription.end();
    else this.#subscriptions.set(subscription.id, subscription);
    return {
      answer: { op: 'ok', subscription: subscription.id, from: log.cursor(next) },
      afterwards: () => {
        if (typeof point === 'string') this.#reset(subscription, id, point);
        this.#begin(subscription, delivery, id);
      },
    };
  }

  #subscription(id: string, filter: SubscriptionFilter, { names }: Delivery, next: number): Subscription {
    return new Subscription(id, filter, next, names && this.core.renderings.in(names));
  }

  /** Tells a subscription what follows its place: as fast as it takes it, or as it wants. */
  #begin(subscription: Subscription, { max_rate: rate }: Delivery, id: RequestId | undefined): void {
    serveSubscription(this.core, subscription, {
      rate,
      send: (entries) => this.#sendSome(subscription, entries),
      lose: () => {
        this.#reset(subscription, id, 'expired');
      },
    });
  }

  /** Resolves when the client has taken them. */
  async #sendSome(subscription: Subscription, entries: readonly FeedEntry[]): Promise<void> {
    const messages = messagesOfHistory(entries, subscription, this.#form);
    this.core.counters.delivered(messages.length);
    this.outlet.send(messages);
    await this.outlet.flushed();
  }

  /** Says openly that events are missing, gives the state instead, and goes on from there. */
  #reset(subscription: Subscription, id: RequestId | undefined, reason: ResetReason): void {
    subscription.next = this.core.feed.position + 1;
    if (this.#isDashboard) {
      this.#greet(subscription);
      return;
    }
    const { cursor, state } = this.core.snapshots.current();
    const head = JSON.stringify({ op: 'reset', ...(id === undefined ? {} : { id }), reason, cursor });
    this.outlet.send([`${head.slice(0, -1)},"state":${state}}`]);
  }

  /** `name` is what the hub's log calls the request. */
  #answer(id: RequestId | undefined, answer: Answer, name = this.#requestName(id)): void {
    if (answer.op === 'error') this.core.counters.refused(answer.code);
    const named = answer.op === 'error' ? { ...answer, request_id: name } : answer;
    this.#send(id === undefined ? named : { ...named, id });
  }

  #requestName(id: RequestId | undefined): string {
    const name = id === undefined ? `n${this.#requests}` : String(id).replaceAll(/[^\w.:-]/g, '_');
    return `${this.client.id}-${name}`;
  }

  #send(frame: HubFrame): void {
    this.outlet.send([JSON.stringify(frame)]);
  }
}

function join(jsons: readonly Buffer[]): Buffer {
  return Buffer.concat(jsons.flatMap((json, index) => (index === 0 ? [json] : [comma, json])));
}

const text = (value: string): Buffer => Buffer.from(value);
const comma = text(',');
