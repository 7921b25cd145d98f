import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Admitted, Refusal } from '../gate/gate.js';
import { allows, type Scope } from '../gate/scopes.js';
import { socketIoPath, type TransportSessions } from '../gate/socketIoGate.js';
import type { Result } from '../primitives/result.js';
import { loadBundle } from './bundles.js';
import type { HubCore } from './hubCore.js';
import { commonHeaders, fail, type HttpFault } from './responses.js';

/**
 * Checks a token that is shown inside a connection. `wire` is its socket, where there is one for all of it: from then on it
 * has the place of somebody who is known.
 */
export type PassLateToken = (
  token: string,
  address: string,
  wire: Socket | undefined,
) => Result<Scope, Pick<Refusal | HttpFault, 'code' | 'message'>>;

/** What the Socket.IO server works with. It is a bundle of its own: types are shared, classes are not. */
export interface SocketIoContext extends Pick<HubCore, 'feed' | 'counters' | 'clients' | 'clock' | 'logger'> {
  readonly passToken: PassLateToken;
}

/** To whom something is told. */
export type Recipient =
  | { readonly kind: 'everybody' }
  | { readonly kind: 'prd'; readonly prdId: string }
  | { readonly kind: 'client'; readonly clientId: string };

export interface SocketIoServer extends TransportSessions, AsyncDisposable {
  /** What the token allows that was shown in this session; undefined: none was. */
  scopeOf(sid: string): Scope | undefined;
  /** Why nobody more is let in; undefined: somebody may. `mayRead`: has shown a token, or needs none. */
  refusal(mayRead: boolean): HttpFault | undefined;
  serve(request: IncomingMessage, response: ServerResponse, mayRead: boolean): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, mayRead: boolean): void;
  /** Tells it as `event` to clients that were let in. */
  tell(to: Recipient, event: object): void;
  /** Ends every connection without a goodbye, after which clients would not come back. */
  disconnect(): void;
}

export type OpenSocketIo = (context: SocketIoContext) => SocketIoServer;

const notServed: HttpFault = { status: 404, code: 'NOT_FOUND', message: 'This hub does not serve Socket.IO' };
const missing: HttpFault = {
  status: 503,
  code: 'UNAVAILABLE',
  message: 'The file of Socket.IO is gone, as after an update of Storyloop; start the hub again (in VS Code: reload)',
};

/** `/socket.io/`: loads the server of it when the first client comes, and knows whom it may serve. */
export class SocketIo implements TransportSessions, AsyncDisposable {
  #server: SocketIoServer | undefined;
  #closed = false;

  constructor(
    private readonly core: HubCore,
    private readonly passToken: PassLateToken,
  ) {}

  isLive(sid: string): boolean {
    return this.#server?.isLive(sid) ?? false;
  }

  /** As {@link SocketIoServer.scopeOf}, for the session that a request says it belongs to. */
  scopeOf({ path, query }: Pick<Admitted, 'path' | 'query'>): Scope | undefined {
    const sid = path === socketIoPath ? query.get('sid') : null;
    return sid === null ? undefined : this.#server?.scopeOf(sid);
  }

  serve(request: IncomingMessage, response: ServerResponse, admitted: Admitted): void {
    const server = this.#open();
    const mayRead = allows(admitted.scope, 'read');
    const fault = server ? this.#fault(server, admitted, mayRead) : this.#absence;
    if (fault || !server) {
      fail(response, fault ?? this.#absence);
      return;
    }
    for (const [name, value] of Object.entries(commonHeaders)) response.setHeader(name, value);
    server.serve(request, response, mayRead);
  }

  /** Answers why not; then the socket is still the caller's. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, admitted: Admitted): HttpFault | undefined {
    const server = this.#open();
    const mayRead = allows(admitted.scope, 'read');
    const fault = server ? this.#fault(server, admitted, mayRead) : this.#absence;
    if (!fault) server?.upgrade(request, socket, head, mayRead);
    return fault;
  }

  tell(to: Recipient, event: object): void {
    this.#server?.tell(to, event);
  }

  disconnect(): void {
    this.#server?.disconnect();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#server?.[Symbol.asyncDispose]();
  }

  get #absence(): HttpFault {
    return this.core.socketIo === undefined ? notServed : missing;
  }

  #fault(server: SocketIoServer, { method, query }: Admitted, mayRead: boolean): HttpFault | undefined {
    // The library would answer these with a 500.
    if (method !== 'GET' && method !== 'POST')
      return { status: 405, code: 'METHOD_NOT_ALLOWED', message: 'Use GET or POST' };
    return query.has('sid') ? undefined : server.refusal(mayRead);
  }

  #open(): SocketIoServer | undefined {
    if (this.#server || this.#closed) return this.#server;
    const { feed, counters, clients, clock, logger } = this.core;
    const bundle = loadBundle(this.core.socketIo, logger) as { openSocketIo: OpenSocketIo } | undefined;
    this.#server = bundle?.openSocketIo({ feed, counters, clients, clock, logger, passToken: this.passToken });
    return this.#server;
  }
}
