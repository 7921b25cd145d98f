import { nextConnection, type ConnectionInput, type ConnectionState } from '../src/client/connection.js';
import type { SubscriptionFilter } from '../src/events/frames.js';
import { followPolling } from './followPolling.js';
import { followSocket } from './followSocket.js';
import { SESSION_OVER, type HubAccess } from './hubAccess.js';
import type { HubStream } from './hubStream.js';

/** How long to poll before a WebSocket is tried again. */
const pollForMs = 30_000;

/** What is followed, and into what it goes. */
export interface Following {
  readonly access: HubAccess;
  readonly stream: HubStream;
  /** Which events are wanted. */
  readonly filter: SubscriptionFilter;
  /** Ends it without another word. */
  readonly signal: AbortSignal;
}

/** Follows the hub by WebSocket, or by polling where there is none, and comes back by itself. */
export class BrowserConnection {
  #state: ConnectionState = { kind: 'idle' };

  constructor(private readonly following: Following) {}

  start(): void {
    this.#step('start');
  }

  #step(input: ConnectionInput): void {
    const state = nextConnection(this.#state, input, Math.random());
    if (state === this.#state) return;
    this.#state = state;
    if (state.kind === 'connecting') void this.#connect();
    if (state.kind === 'waiting') {
      setTimeout(() => {
        this.#step('elapsed');
      }, state.delayMs);
    }
  }

  async #connect(): Promise<void> {
    const { stream, signal } = this.following;
    const opened = (): void => {
      this.#step('opened');
    };
    const hadSocket = !signal.aborted && (await followSocket(this.following, opened));
    const end = hadSocket || signal.aborted ? 'lost' : await followPolling(this.following, pollForMs, opened);
    if (signal.aborted) {
      this.#step('stop');
      return;
    }
    if (end === 'lost') stream.lost();
    if (end === 'refused') {
      stream.lost(SESSION_OVER);
      this.#step('stop');
    }
    this.#step('lost');
  }
}
