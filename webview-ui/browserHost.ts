import { nextConnection, type ConnectionInput, type ConnectionState } from '../src/client/connection.js';
import { askRun } from './browserRequests.js';
import { followPolling } from './followPolling.js';
import { followSocket } from './followSocket.js';
import type { Host, HostFrame } from './host.js';
import { HubAccess, SESSION_OVER, takePageKey } from './hubAccess.js';
import { HubStream } from './hubStream.js';

const STORED_VIEW = 'storyloop.view';
/** How long to poll before a WebSocket is tried again. */
const pollForMs = 30_000;

/** Follows the hub by WebSocket, or by polling where there is none, and comes back by itself. */
class BrowserConnection {
  #state: ConnectionState = { kind: 'idle' };

  constructor(
    private readonly access: HubAccess,
    private readonly stream: HubStream,
  ) {}

  step(input: ConnectionInput): void {
    const state = nextConnection(this.#state, input, Math.random());
    if (state === this.#state) return;
    this.#state = state;
    if (state.kind === 'connecting') void this.#connect();
    if (state.kind === 'waiting') {
      setTimeout(() => {
        this.step('elapsed');
      }, state.delayMs);
    }
  }

  async #connect(): Promise<void> {
    const opened = (): void => {
      this.step('opened');
    };
    if (await followSocket(this.access, this.stream, opened)) {
      this.stream.lost();
    } else {
      const end = await followPolling(this.access, this.stream, pollForMs, opened);
      if (end === 'lost') this.stream.lost();
      if (end === 'refused') {
        this.stream.lost(SESSION_OVER);
        this.step('stop');
      }
    }
    this.step('lost');
  }
}

/** The page in a browser of its own, as a client of the hub that served it. */
export function browserHost(): Host {
  const handlers = new Set<(frame: HostFrame) => void>();
  const tell = (frame: HostFrame): void => {
    for (const handler of handlers) handler(frame);
  };
  const access = new HubAccess(takePageKey());
  const connection = new BrowserConnection(access, new HubStream(tell));
  return {
    send: (frame) => {
      if (frame.op === 'ready') connection.step('start');
      else void askRun(access, frame).then(tell);
    },
    onFrame: (handler) => {
      handlers.add(handler);
      return {
        [Symbol.dispose]: () => {
          handlers.delete(handler);
        },
      };
    },
    readView: () => {
      try {
        return JSON.parse(localStorage.getItem(STORED_VIEW) ?? 'null') as unknown;
      } catch {
        return undefined;
      }
    },
    saveView: (view) => {
      localStorage.setItem(STORED_VIEW, JSON.stringify(view));
    },
  };
}
