import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws';
import { SUBPROTOCOL } from '../events/version.js';
import { drained, endWhenStalled, holdForTurn, maxBuffered } from './backpressure.js';
import { ClientSession, type ClientIdentity, type Outlet } from './clientSession.js';
import type { CutReason } from './counters.js';
import { maxMessageBytes } from '../gate/gate.js';
import type { HubCore } from './hubCore.js';
import { textFrames } from './webSocketFrames.js';

/** Close code of a client that did not keep up. It may come back and resume. */
export const SLOW_CONSUMER = 4008;
/** Close code of a client that wants nothing and says nothing. */
export const IDLE = 4000;
const GOING_AWAY = 1001;
/** Close code of a client whose token is valid no more. */
export const TOKEN_CHANGED = 4001;

const pingEveryMs = 30_000;
const pongWithinMs = 10_000;
/** A client without a subscription that says nothing for so long is cut; pongs, which libraries send by themselves, do not count. */
const idleAfterMs = 300_000;
/** Requests of one client that are worked on at a time; its socket is not read meanwhile. */
const maxInFlight = 64;

/** Frames over WebSocket: sockets, pings and limits; what the frames mean is the session's. */
export class WebSocketTransport implements AsyncDisposable {
  readonly #clients = new Set<WebSocketClient>();
  readonly #server: WebSocketServer;
  #current: boolean | undefined;

  constructor(private readonly core: HubCore) {
    const options: ServerOptions & { maxFragments: number } = {
      noServer: true,
      clientTracking: false,
      maxPayload: maxMessageBytes,
      maxFragments: 1_024,
      perMessageDeflate: false,
      // Never the offer that carries the token.
      handleProtocols: (offers) => (offers.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    };
    this.#server = new WebSocketServer(options);
  }

  /** Takes over the socket of an upgrade that the gate admitted. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, identity: ClientIdentity): void {
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const isCurrent = (): boolean => this.#isCurrent();
      const client = new WebSocketClient(this.core, webSocket, socket, identity, isCurrent, () => {
        this.#clients.delete(client);
        this.core.counters.websockets = this.#clients.size;
      });
      this.#clients.add(client);
      this.core.counters.websockets = this.#clients.size;
      client.open();
    });
  }

  /** Asked once for all that a turn brings: it costs as much as a small request, and what is stored is asked about again. */
  #isCurrent(): boolean {
    if (this.#current === undefined) {
      this.#current = this.core.log.isCurrent();
      setImmediate(() => (this.#current = undefined));
    }
    return this.#current;
  }

  /** Serves nobody any longer who is connected now. */
  disconnect(): void {
    for (const client of this.#clients) void client.close(TOKEN_CHANGED, 'token changed');
  }

  /** Says goodbye; resolves when every socket is closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#clients].map((client) => client.close(GOING_AWAY, 'The hub is stopping')));
    this.#server.close();
  }
}

/** By what was told: clients that are told the same share the bytes, also while they wait in queues. */
const framed = new WeakMap<readonly Buffer[], Buffer>();

class WebSocketClient implements Outlet {
  #session: ClientSession | undefined;
  #timer: Disposable | undefined;
  #inFlight = 0;
  #heardAt: number;
  readonly #closed: Promise<void>;
  readonly #queue: Disposable;

  constructor(
    private readonly core: HubCore,
    private readonly webSocket: WebSocket,
    private readonly socket: Duplex,
    private readonly identity: ClientIdentity,
    private readonly isCurrent: () => boolean,
    private readonly onClosed: () => void,
  ) {
    this.#queue = core.counters.watchQueue(() => webSocket.bufferedAmount);
    this.#heardAt = core.clock.monotonic();
    this.#closed = new Promise((resolve) => {
      webSocket.on('close', () => {
        this.#end();
        this.#timer?.[Symbol.dispose]();
        this.#queue[Symbol.dispose]();
        this.onClosed();
        resolve();
      });
    });
    webSocket.on('error', (error) => {
      core.counters.refused(isTooLarge(error) ? 'TOO_LARGE' : 'MALFORMED_FRAME');
      core.logger.debug(`Client ${identity.id}: ${error.message}`);
    });
    webSocket.on('pong', () => {
      this.#schedulePing();
    });
    const receive = (data: Buffer, isBinary: boolean): void => {
      this.#receive(data, isBinary);
    };
    webSocket.on('message', core.faults.guard('A message', receive));
  }

  open(): void {
    this.#schedulePing();
    this.#session = new ClientSession(this.core, this.identity, this);
  }

  send(frames: readonly (string | Buffer)[]): void {
    this.#write(textFrames(frames.map((frame) => (typeof frame === 'string' ? Buffer.from(frame) : frame))));
  }

  tell(frames: readonly Buffer[]): void {
    let bytes = framed.get(frames);
    if (!bytes) framed.set(frames, (bytes = textFrames(frames)));
    this.#write(bytes);
  }

  flushed(): Promise<void> {
    return drained(this.socket);
  }

  /** The client gets what was accepted for it before the goodbye, as long as it takes it. */
  async close(code: number, reason: string): Promise<void> {
    this.#end();
    this.webSocket.close(code, reason);
    this.#timer?.[Symbol.dispose]();
    this.#timer = endWhenStalled(this.socket, this.core.clock, () => {
      this.webSocket.terminate();
    });
    await this.#closed;
  }

  #receive(data: Buffer, isBinary: boolean): void {
    const session = this.#session;
    // Looking is enough: a hub that is outlawed closes all connections.
    if (!session || !this.isCurrent()) return;
    this.#heardAt = this.core.clock.monotonic();
    this.#inFlight += 1;
    if (this.#inFlight >= maxInFlight) this.webSocket.pause();
    // A binary message is no JSON text: the session says so.
    void session.receive(isBinary ? '' : data.toString('utf8')).finally(() => {
      this.#inFlight -= 1;
      if (this.webSocket.isPaused) this.webSocket.resume();
    });
  }

  #write(bytes: Buffer): void {
    if (this.webSocket.readyState !== this.webSocket.OPEN) return;
    if (this.webSocket.bufferedAmount > maxBuffered) {
      this.#cut('slow_consumer');
      return;
    }
    holdForTurn(this.socket);
    this.socket.write(bytes);
  }

  #isIdle(): boolean {
    return !this.#session?.subscribed && this.core.clock.monotonic() - this.#heardAt >= idleAfterMs;
  }

  #schedulePing(): void {
    if (this.webSocket.readyState !== this.webSocket.OPEN) return;
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.core.clock.after(pingEveryMs, () => {
      if (this.#isIdle()) {
        this.#cut('idle');
        return;
      }
      this.webSocket.ping();
      this.#timer = this.core.clock.after(pongWithinMs, () => {
        this.#cut('no_pong');
      });
    });
  }

  #cut(reason: CutReason): void {
    this.core.counters.cut(reason);
    this.core.logger.warn(`Client ${this.identity.id} was cut: ${reason}`);
    switch (reason) {
      case 'slow_consumer':
        void this.close(SLOW_CONSUMER, 'slow consumer');
        break;
      case 'idle':
        void this.close(IDLE, 'idle');
        break;
      case 'no_pong':
        this.webSocket.terminate();
        break;
    }
  }

  /** Nothing more is sent, or done for it. */
  #end(): void {
    this.#session?.[Symbol.dispose]();
    this.#session = undefined;
  }
}

/** What `ws` says of a message, or a number of fragments, beyond the limits. */
function isTooLarge(error: NodeJS.ErrnoException): boolean {
  return error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' || error.code === 'WS_ERR_TOO_MANY_BUFFERED_PARTS';
}
