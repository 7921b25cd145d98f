import { Server as TransportServer, type Socket as Transport } from 'engine.io';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Server, type Socket } from 'socket.io';
import * as z from 'zod';
import { toProgressHub } from '../dialects/progressHub.js';
import type { Envelope } from '../events/envelope.js';
import type { Scope } from '../gate/scopes.js';
import type { FeedEntry } from '../hub/feed.js';
import type { OpenSocketIo, Recipient, SocketIoContext, SocketIoServer } from '../hub/socketIo.js';
import { ok } from '../primitives/result.js';
import { Connection, sidOf } from './connection.js';

const maxMessageBytes = 1024 * 1024;
/** Sessions at a time; polls hold no connection between them, so the limit of those does not count them. */
const maxSessions = 256;
/** Of them, those that have not shown a token yet. */
const maxStrangers = 32;
const maxSubscriptions = 100;

/** The clients that did not ask for a PRD. */
const everything = 'everything';
const roomOf = (prdId: string): string => `prd:${prdId}`;

const credentials = z.object({ token: z.string().max(1_024).optional() }).nullish();
const subscription = z.object({ prd_id: z.string().min(1).max(128) });

/** The progress hub's protocol: `connected`, `event`, `subscribe_prd` and `subscribed`, over Socket.IO 4. */
class ProgressServer implements SocketIoServer {
  readonly #engine = new TransportServer({
    maxHttpBufferSize: maxMessageBytes,
    perMessageDeflate: false,
    httpCompression: false,
    pingInterval: 30_000,
    pingTimeout: 10_000,
    transports: ['polling', 'websocket'],
  });
  readonly #io = new Server({ serveClient: false });
  readonly #connections = new Map<string, Connection>();
  readonly #polls = new Set<ServerResponse>();
  readonly #wires = new Set<Duplex>();
  readonly #readers = new WeakSet<IncomingMessage>();
  readonly #following: Disposable;

  constructor(private readonly context: SocketIoContext) {
    this.#io.bind(this.#engine);
    this.#engine.on('connection', (transport: Transport) => {
      this.#open(transport);
    });
    this.#io.use((socket, next) => {
      next(this.#refusal(socket));
    });
    this.#io.on('connection', (socket) => {
      this.#greet(socket);
    });
    this.#following = context.feed.follow({
      deliver: (entries) => {
        this.#deliver(entries);
      },
    });
  }

  isLive(sid: string): boolean {
    return this.#connections.has(sid);
  }

  scopeOf(sid: string): Scope | undefined {
    return this.#connections.get(sid)?.scope;
  }

  refusal(mayRead: boolean) {
    if (this.#connections.size >= maxSessions)
      return { status: 503, code: 'UNAVAILABLE', message: `There are ${maxSessions} clients already` } as const;
    const strangers = [...this.#connections.values()].filter((connection) => !connection.isAuthenticated);
    return mayRead || strangers.length < maxStrangers
      ? undefined
      : ({ status: 429, code: 'RATE_LIMITED', message: 'Too many clients without a token' } as const);
  }

  serve(request: IncomingMessage, response: ServerResponse, mayRead: boolean): void {
    if (mayRead) this.#readers.add(request);
    this.#polls.add(response);
    response.on('close', () => {
      this.#polls.delete(response);
    });
    this.#engine.handleRequest(request, response);
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, mayRead: boolean): void {
    if (mayRead) this.#readers.add(request);
    this.#wires.add(socket);
    socket.on('close', () => {
      this.#wires.delete(socket);
    });
    const sid = new URL(request.url ?? '', 'http://localhost').searchParams.get('sid');
    const connection = this.#connections.get(sid ?? '');
    if (connection) connection.wire = request.socket;
    this.#engine.handleUpgrade(request, socket, head);
  }

  tell(to: Recipient, event: object): void {
    switch (to.kind) {
      case 'everybody':
        this.#io.emit('event', event);
        return;
      case 'prd':
        this.#io.to(roomOf(to.prdId)).emit('event', event);
        return;
      case 'client':
        this.#io.to(to.clientId).emit('event', event);
        return;
    }
  }

  disconnect(): void {
    // A poll that breaks off is tried again; one that is answered with "close" is not.
    for (const response of this.#polls) response.destroy();
    for (const connection of this.#connections.values()) connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#following[Symbol.dispose]();
    this.disconnect();
    const closed = [...this.#wires].map((wire) => new Promise<void>((resolve) => wire.once('close', resolve)));
    await this.#io.close();
    await Promise.all(closed);
  }

  #open(transport: Transport): void {
    const { request } = transport;
    const connection = new Connection(transport, this.#readers.has(request), this.context);
    if (transport.transport.name === 'websocket') connection.wire = request.socket;
    this.#connections.set(sidOf(transport), connection);
    this.context.counters.socketIo = this.#connections.size;
    transport.once('close', () => {
      this.#connections.delete(sidOf(transport));
      this.context.counters.socketIo = this.#connections.size;
    });
  }

  /** Why a client is not let in: every token that it showed must be right, and there must be one. */
  #refusal(socket: Socket): Error | undefined {
    const connection = this.#connections.get(sidOf(socket.conn));
    const auth = credentials.safeParse(socket.handshake.auth);
    const token = auth.data?.token;
    if (!connection || !auth.success || (token === undefined && !connection.mayRead)) {
      return refused('UNAUTHORIZED', 'A token is required: auth={"token": …}, or the header "Authorization: Bearer …"');
    }
    const passed =
      token === undefined ? ok(undefined) : this.context.passToken(token, socket.handshake.address, connection.wire);
    if (!passed.ok) return refused(passed.error.code, passed.error.message);
    connection.authenticated(passed.value);
    return undefined;
  }

  #greet(socket: Socket): void {
    void socket.join(everything);
    const prds = new Set<string>();
    socket.on('subscribe_prd', (message: unknown, acknowledge: unknown) => {
      const wish = subscription.safeParse(message);
      if (!wish.success || (prds.size >= maxSubscriptions && !prds.has(wish.data.prd_id))) {
        const why = wish.success ? `At most ${maxSubscriptions} PRDs` : 'subscribe_prd wants {"prd_id": "…"}';
        socket.emit('error', { code: 'INVALID_FRAME', message: why });
        return;
      }
      const { prd_id: prdId } = wish.data;
      prds.add(prdId);
      void socket.leave(everything);
      void socket.join(roomOf(prdId));
      socket.emit('subscribed', { prd_id: prdId });
      if (typeof acknowledge === 'function') (acknowledge as (answer: object) => void)({ prd_id: prdId });
    });
    const addressed = this.context.clients.add(socket.id, {
      tell: ({ event }) => {
        socket.emit('event', toProgressHub(event).body);
      },
    });
    socket.on('disconnect', () => {
      addressed[Symbol.dispose]();
    });
    socket.emit('connected', { client_id: socket.id });
  }

  #deliver(entries: readonly FeedEntry[]): void {
    if (this.#connections.size === 0) return;
    for (const { event } of entries) {
      if (!isProgress(event)) continue;
      const rooms = [everything, ...(event.prd_id === undefined ? [] : [roomOf(event.prd_id)])];
      this.#io.to(rooms).emit('event', toProgressHub(event).body);
    }
  }
}

/** The hub's words about itself are no progress; the clients of the progress hub know none. */
function isProgress({ type, source }: Envelope): boolean {
  return source !== 'hub' || !type.startsWith('hub.');
}

function refused(code: string, message: string): Error {
  return Object.assign(new Error(message), { data: { code } });
}

export const openSocketIo: OpenSocketIo = (context) => new ProgressServer(context);
