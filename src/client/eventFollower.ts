import type { Envelope } from '../events/envelope.js';
import type { SubscriptionFilter } from '../events/frames.js';
import type { Clock } from '../primitives/clock.js';
import { deferred } from '../primitives/deferred.js';
import type { Logger } from '../primitives/logger.js';
import type { Discovery } from '../session/discovery.js';
import { nextConnection, type ConnectionInput, type ConnectionState } from './connection.js';
import { pollingStream } from './pollingStream.js';
import { sseStream } from './sseStream.js';
import type { Transport } from './transport.js';
import { webSocketStream } from './webSocketStream.js';

/** What a follower does at the moment, for people. */
export type FollowState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'following'; readonly transport: Transport['name']; readonly hub: Discovery };

export interface FollowerOptions {
  /** Asked before each attempt: another hub may have taken over, on another port, with another token. */
  readonly find: () => Promise<Discovery | undefined>;
  readonly filter: SubscriptionFilter;
  /** The cursor after which to begin; undefined: from the first connection on. */
  readonly since?: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onEvent: (event: Envelope) => void;
  /** Events after `from` cannot be had any more; the next one comes after `to`. */
  readonly onReset: (from: string | undefined, to: string) => void;
  readonly onState?: (state: FollowState) => void;
  readonly transports?: readonly Transport[];
  readonly random?: () => number;
}

const allTransports = [webSocketStream, sseStream, pollingStream];

/**
 * Follows whatever hub there is, through lost hubs and by the first transport that gets through: WebSocket, else
 * server-sent events, else polling. Tells each event once and in order, from one cursor on.
 */
export class EventFollower implements AsyncDisposable {
  readonly #ended = new AbortController();
  #position: string | undefined;
  #connection: ConnectionState = { kind: 'idle' };
  #state: FollowState | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(private readonly options: FollowerOptions) {
    this.#position = options.since;
  }

  start(): void {
    if (this.#step('start')) this.#running = this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#step('stop');
    this.#ended.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      const hub = await this.options.find().catch(() => undefined);
      if (hub) await this.#followOnce(hub);
      else this.#tell({ kind: 'absent' });
      this.#step('lost');
      await this.#wait();
    }
  }

  /** Until the first connection that stood is lost, or none could be made. */
  async #followOnce(hub: Discovery): Promise<void> {
    const { filter, clock, logger, transports = allTransports } = this.options;
    for (const transport of transports) {
      if (this.#ended.signal.aborted) return;
      let stood = false;
      const hasStood = (): boolean => stood;
      const request = { hub, filter, since: this.#position, clock, logger };
      const onOpen = (): void => {
        stood = true;
        this.#step('opened');
        this.#tell({ kind: 'following', transport: transport.name, hub });
      };
      await transport.follow(request, this, onOpen, this.#ended.signal);
      if (hasStood()) return;
    }
    this.#tell({ kind: 'unreachable' });
  }

  /** The three of them: what transports tell. */
  readonly onEvent = (event: Envelope): void => {
    if (this.#ended.signal.aborted) return;
    if ('cursor' in event) this.#position = String(event.cursor);
    this.options.onEvent(event);
  };

  readonly onPosition = (cursor: string): void => {
    this.#position = cursor;
  };

  readonly onReset = (cursor: string): void => {
    if (this.#ended.signal.aborted) return;
    const from = this.#position;
    this.#position = cursor;
    this.options.onReset(from, cursor);
  };

  async #wait(): Promise<void> {
    if (this.#connection.kind !== 'waiting') return;
    const { signal } = this.#ended;
    const over = deferred();
    const end = (): void => {
      over.resolve();
    };
    signal.addEventListener('abort', end);
    const timer = this.options.clock.after(this.#connection.delayMs, end);
    await over.promise;
    timer[Symbol.dispose]();
    signal.removeEventListener('abort', end);
    this.#step('elapsed');
  }

  #step(input: ConnectionInput): boolean {
    const before = this.#connection;
    this.#connection = nextConnection(before, input, (this.options.random ?? Math.random)());
    return this.#connection !== before;
  }

  /** Each change once, however often it is tried. */
  #tell(state: FollowState): void {
    if (this.#ended.signal.aborted || sameState(this.#state, state)) return;
    this.#state = state;
    this.options.onState?.(state);
  }
}

function sameState(one: FollowState | undefined, other: FollowState): boolean {
  if (one?.kind !== other.kind) return false;
  if (one.kind !== 'following' || other.kind !== 'following') return true;
  return (
    one.transport === other.transport && one.hub.instance === other.hub.instance && one.hub.port === other.hub.port
  );
}
