import WebSocket from 'ws';
import type { IntentName } from '../events/catalogue.js';
import { cursorBefore } from '../events/cursor.js';
import type { Envelope, PublishedEvent } from '../events/envelope.js';
import type { ErrorCode, SubscriptionFilter } from '../events/frames.js';
import { PROTOCOL_VERSION, SUBPROTOCOL } from '../events/version.js';
import type { Clock } from '../primitives/clock.js';
import type { Logger } from '../primitives/logger.js';
import { err, ok, type Result } from '../primitives/result.js';
import type { Discovery } from '../session/discovery.js';
import type { HubSnapshot } from '../state/snapshot.js';
import { nextConnection, type ConnectionInput, type ConnectionState } from './connection.js';
import { checkedEvent, parseServerFrame, type ServerFrame } from './serverFrame.js';

export interface HubClientOptions {
  /** Asked before each attempt: another hub may have taken over, on another port. */
  readonly find: () => Promise<Discovery | undefined>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Under which name to publish. */
  readonly publisher?: string;
  readonly random?: () => number;
}

export interface HubListener {
  readonly onEvent: (event: Envelope) => void;
  /**
   * The state as of `cursor`, instead of events that cannot be had; the events after it follow. `recent` are the last
   * events that led there, as far as the hub sent them.
   */
  readonly onSnapshot?: (state: HubSnapshot, cursor: string, recent: readonly Envelope[]) => void;
  /** Where a subscription without a cursor begins: what follows comes after `cursor`. */
  readonly onBegin?: (cursor: string) => void;
}

export interface ClientFailure {
  readonly code: ErrorCode;
  readonly message: string;
}

interface Wish {
  readonly filter: SubscriptionFilter;
  readonly listener: HubListener;
  /** The last event it has; `snapshot` until it got the state, undefined until the hub said where it begins. */
  position: string | undefined;
  /** Name on the present connection. */
  subscription: string | undefined;
}

type Answer = Extract<ServerFrame, { op: 'ok' | 'error' }>;

const snapshot = 'snapshot';
/** A cursor of no log: the hub answers with its state. */
const nowhere = '0:0';
const answerWithinMs = 10_000;
const handshakeWithinMs = 5_000;
/** The hub pings every 30 s. */
const silenceMs = 45_000;
const maxFrameBytes = 64 * 1024 * 1024;

/**
 * A typed client of a hub. Connects again by itself and resumes every subscription where it was, so that its listener
 * gets each event exactly once, or is told the state instead.
 */
export class HubClient implements AsyncDisposable {
  /** Told of every change of {@link state}. */
  readonly onState = new Set<(state: ConnectionState) => void>();
  readonly #wishes = new Set<Wish>();
  readonly #pending = new Map<number, (answer: Answer | undefined) => void>();
  /** Which request registered a wish on this connection. */
  readonly #requests = new Map<number, Wish>();
  #state: ConnectionState = { kind: 'idle' };
  #socket: WebSocket | undefined;
  #timer: Disposable | undefined;
  #heardAt = 0;
  #lastId = 0;
  #closed: Promise<void> = Promise.resolve();

  constructor(private readonly options: HubClientOptions) {}

  get state(): ConnectionState {
    return this.#state;
  }

  start(): void {
    this.#step('start');
  }

  /** Leaves the present connection and looks for the hub anew: it is said to be another one. */
  reconnect(): void {
    this.#socket?.terminate();
  }

  /**
   * Tells `listener` the events that fit `filter`: after the cursor `since`; or from the next one on; or, for
   * `'snapshot'`, first the state and then every event after it. Kept over reconnects.
   */
  subscribe(filter: SubscriptionFilter, listener: HubListener, since?: string): Disposable {
    const wish: Wish = { filter, listener, position: since, subscription: undefined };
    this.#wishes.add(wish);
    if (this.#state.kind === 'open') this.#register(wish);
    return {
      [Symbol.dispose]: () => {
        if (!this.#wishes.delete(wish) || wish.subscription === undefined) return;
        this.#send({ op: 'unsubscribe', subscription: wish.subscription });
      },
    };
  }

  /** Answers a cursor for each event, once they are durable. Repeat with the same ids when the answer got lost. */
  async publish(events: readonly PublishedEvent[]): Promise<Result<readonly string[], ClientFailure>> {
    const answer = await this.#ask({ op: 'publish', events });
    return answer.ok ? ok(answer.value.cursors ?? []) : answer;
  }

  /** Drops an intent into a run's inbox. Answers its id; what becomes of it, the run's events tell. */
  async request(
    intent: IntentName,
    about: { readonly run_id: string; readonly story_id?: string; readonly ac_index?: number },
  ): Promise<Result<string, ClientFailure>> {
    const answer = await this.#ask({ op: `run.${intent}`, ...about });
    return answer.ok ? ok(answer.value.intent_id ?? '') : answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#step('stop');
    await this.#closed;
  }

  #step(input: ConnectionInput): void {
    const state = nextConnection(this.#state, input, (this.options.random ?? Math.random)());
    if (state === this.#state) return;
    this.#state = state;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    switch (state.kind) {
      case 'connecting':
        this.#closed = this.#connect();
        break;
      case 'open':
        this.#listenForSilence();
        break;
      case 'waiting':
        this.#forgetConnection();
        this.#timer = this.options.clock.after(state.delayMs, () => {
          this.#step('elapsed');
        });
        break;
      case 'stopped':
        this.#forgetConnection();
        this.#socket?.terminate();
        break;
      case 'idle':
        break;
    }
    for (const listener of [...this.onState]) listener(state);
  }

  /** Resolves when the connection is over. */
  async #connect(): Promise<void> {
    const hub = await this.options.find().catch(() => undefined);
    if (this.#state.kind !== 'connecting') return;
    if (!hub) {
      this.#step('lost');
      return;
    }
    const query = this.options.publisher === undefined ? '' : `?publisher=${this.options.publisher}`;
    const socket = new WebSocket(`ws://${hub.host}:${hub.port}/ws${query}`, [SUBPROTOCOL], {
      headers: { Authorization: `Bearer ${hub.token}` },
      handshakeTimeout: handshakeWithinMs,
      perMessageDeflate: false,
      maxPayload: maxFrameBytes,
    });
    this.#socket = socket;
    await new Promise<void>((resolve) => {
      socket.on('error', (error) => {
        this.options.logger.debug(`The hub cannot be reached: ${error.message}`);
      });
      socket.on('ping', () => {
        this.#heardAt = this.options.clock.monotonic();
      });
      socket.on('message', (data: Buffer) => {
        this.#receive(data.toString('utf8'));
      });
      socket.on('close', () => {
        if (this.#socket === socket) this.#socket = undefined;
        this.#step('lost');
        resolve();
      });
    });
  }

  #receive(message: string): void {
    this.#heardAt = this.options.clock.monotonic();
    const frame = parseServerFrame(message);
    if (!frame || this.#state.kind === 'stopped') return;
    switch (frame.op) {
      case 'init':
        this.#begin(frame);
        break;
      case 'event':
        this.#deliver(frame.s, frame.event);
        break;
      case 'events':
        for (const { s, event } of frame.events) this.#deliver(s, event);
        break;
      case 'reset':
        for (const wish of this.#wishes) {
          if (typeof frame.id === 'number' && this.#requests.get(frame.id) === wish) this.#reset(wish, frame);
        }
        break;
      case 'ok':
      case 'error':
        if (typeof frame.id === 'number') this.#pending.get(frame.id)?.(frame);
        break;
      case 'connected':
        if (frame.protocol > PROTOCOL_VERSION) {
          const { version, protocol } = frame;
          this.options.logger.warn(`The hub is newer (${version}, protocol ${protocol}): what is new is not shown`);
        }
        break;
      case 'pong':
        break;
    }
  }

  #begin({ state, cursor, events }: Extract<ServerFrame, { op: 'init' }>): void {
    this.#step('opened');
    for (const wish of this.#wishes) {
      if (wish.position === snapshot) {
        wish.position = cursor;
        const recent = events.flatMap((event) => checkedEvent(event) ?? []);
        wish.listener.onSnapshot?.(state, cursor, recent);
      }
      this.#register(wish);
    }
  }

  #register(wish: Wish): void {
    const id = ++this.#lastId;
    this.#requests.set(id, wish);
    this.#pending.set(id, (answer) => {
      this.#pending.delete(id);
      if (answer?.op === 'error') this.options.logger.error(`The hub refused a subscription: ${answer.message}`);
      if (answer?.op !== 'ok' || answer.subscription === undefined) return;
      wish.subscription = answer.subscription;
      if (!this.#wishes.has(wish)) this.#send({ op: 'unsubscribe', subscription: answer.subscription });
      else if (wish.position === undefined) this.#setBegin(wish, answer.from);
    });
    const position = wish.position === snapshot ? nowhere : wish.position;
    const since = position === undefined ? {} : { since: position };
    this.#send({ op: 'subscribe', id, ...wish.filter, ...since, batch: true });
  }

  #setBegin(wish: Wish, from: string | undefined): void {
    wish.position = from && cursorBefore(from);
    if (wish.position !== undefined) wish.listener.onBegin?.(wish.position);
  }

  #deliver(subscriptions: readonly string[], value: Envelope): void {
    const event = checkedEvent(value);
    if (!event) return;
    for (const wish of [...this.#wishes]) {
      if (wish.subscription === undefined || !subscriptions.includes(wish.subscription)) continue;
      if ('cursor' in event) wish.position = String(event.cursor);
      wish.listener.onEvent(event);
    }
  }

  #reset(wish: Wish, { state, cursor }: Extract<ServerFrame, { op: 'reset' }>): void {
    wish.position = cursor;
    wish.listener.onSnapshot?.(state, cursor, []);
  }

  #ask(
    request: { readonly op: string } & Readonly<Record<string, unknown>>,
  ): Promise<Result<Extract<Answer, { op: 'ok' }>, ClientFailure>> {
    if (this.#state.kind !== 'open') return Promise.resolve(unavailable);
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      const timer = this.options.clock.after(answerWithinMs, () => this.#pending.get(id)?.(undefined));
      this.#pending.set(id, (answer) => {
        timer[Symbol.dispose]();
        this.#pending.delete(id);
        if (!answer) resolve(unavailable);
        else resolve(answer.op === 'ok' ? ok(answer) : err({ code: answer.code, message: answer.message }));
      });
      this.#send({ ...request, id });
    });
  }

  #send(frame: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #forgetConnection(): void {
    for (const settle of [...this.#pending.values()]) settle(undefined);
    this.#requests.clear();
    for (const wish of this.#wishes) wish.subscription = undefined;
  }

  #listenForSilence(): void {
    this.#timer = this.options.clock.after(silenceMs, () => {
      if (this.options.clock.monotonic() - this.#heardAt >= silenceMs) this.#socket?.terminate();
      else this.#listenForSilence();
    });
  }
}

const unavailable = err<ClientFailure>({ code: 'UNAVAILABLE', message: 'There is no connection to a hub' });
