import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { loopbackDoor, type Door } from '../gate/door.js';
import type { Admitted, GateRequest } from '../gate/gate.js';
import { err, type Result } from '../primitives/result.js';
import { Connections, defaultMaxConnections } from './connections.js';
import type { HubCore } from './hubCore.js';
import { publisherOf, serveRequest } from './httpRoutes.js';
import { Ports } from './ports.js';
import { requestIdHeader, requestIdOf } from './requestId.js';
import { socketIoPath } from '../gate/socketIoGate.js';
import { answerPreflight, corsHeaders, fail, rawFault, type HttpFault } from './responses.js';
import { SocketIo, type PassLateToken, type Recipient } from './socketIo.js';
import { parseStreamQuery } from './streamQuery.js';
import { SseTransport } from './sseTransport.js';
import { TlsListener, type TlsOptions } from './tlsListener.js';
import { WebSocketTransport } from './webSocketTransport.js';

/** A body that is not whole by then ends its connection. */
const bodyWithinMs = 30_000;
/** The same once more by Node itself, for what never becomes a request. */
const timeouts = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 5_000 };

export interface HttpServerOptions {
  /** As for {@link Ports}. */
  readonly wishes: readonly number[];
  readonly insist?: boolean;
  /** Connections at a time. */
  readonly maxConnections?: number;
  /** A second place to listen, for other machines. */
  readonly tls?: TlsOptions;
}

/** The one place where clients come in: HTTP, event streams and WebSockets, all behind the gate. */
export class HttpServer implements AsyncDisposable {
  static async listen(core: HubCore, options: HttpServerOptions): Promise<HttpServer> {
    const { clock, logger } = core;
    const { wishes, insist = false, maxConnections = defaultMaxConnections, tls } = options;
    const server = new HttpServer(core, maxConnections);
    const createLoopback = (): Server => server.#createLoopback();
    server.#ports = await Ports.open({ wishes, insist, createServer: createLoopback, clock, logger });
    try {
      if (tls) {
        const door = { scheme: 'https', names: tls.names, loopbackOnly: false } as const;
        server.#tls = await TlsListener.open(tls, (listening) => {
          server.#attach(listening, (socket) => ({ ...door, port: socket.localPort ?? 0 }));
          listening.on('tlsClientError', () => {
            core.counters.refused('MALFORMED_TLS');
          });
          listening.on('connection', (socket: Socket) => {
            server.#connections.accept(socket, false);
          });
        });
      }
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    return server;
  }

  #ports: Ports | undefined;
  #tls: TlsListener | undefined;
  readonly #connections: Connections;
  readonly #webSockets: WebSocketTransport;
  readonly #streams: SseTransport;
  readonly #socketIo: SocketIo;
  #clientCount = 0;

  private constructor(
    private readonly core: HubCore,
    maxConnections: number,
  ) {
    this.#connections = new Connections(core.clock, core.counters, maxConnections);
    this.#webSockets = new WebSocketTransport(core);
    this.#streams = new SseTransport(core);
    this.#socketIo = new SocketIo(core, this.#passLateToken);
    if (core.socketIo !== undefined) core.access.useTransportSessions(this.#socketIo);
  }

  get port(): number {
    return this.#ports?.current ?? 0;
  }

  /** Where other machines are served; undefined: nowhere. */
  get tlsPort(): number | undefined {
    return this.#tls?.port;
  }

  /** Told when {@link port} became another one. */
  set onMoved(listener: () => void) {
    if (this.#ports) this.#ports.onMoved = listener;
  }

  tellSocketIo(to: Recipient, event: object): void {
    this.#socketIo.tell(to, event);
  }

  /** From now on only this token counts, or none; whoever came in with another one has to come again. */
  setToken(token: string | undefined): void {
    this.core.access.useToken(token);
    this.#webSockets.disconnect();
    this.#socketIo.disconnect();
    // Streams, and requests that were let in and are not whole yet.
    this.#ports?.disconnect();
    this.#tls?.disconnect();
  }

  /** Says goodbye to every client, then closes what is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ports?.close();
    this.#tls?.close();
    await Promise.all(
      [this.#streams, this.#webSockets, this.#socketIo].map((transport) => transport[Symbol.asyncDispose]()),
    );
    // Answers that were given in this turn leave first.
    await new Promise(setImmediate);
    this.#connections[Symbol.dispose]();
    await this.#tls?.[Symbol.asyncDispose]();
    await this.#ports?.[Symbol.asyncDispose]();
  }

  #createLoopback(): Server {
    const server = createServer(timeouts);
    this.#attach(server, (socket) => loopbackDoor(socket.localPort ?? 0));
    server.on('connection', (socket) => {
      this.#connections.accept(socket, true);
    });
    return server;
  }

  #attach(server: Pick<Server, 'on' | 'listening'>, doorOf: (socket: Socket) => Door): void {
    const serve: RequestListener = (request, response) => {
      void this.#serve(request, response, doorOf(request.socket));
    };
    server.on('request', serve);
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      void this.#serve(request, response, doorOf(request.socket), () => {
        response.writeContinue();
      });
    });
    const { faults } = this.core;
    const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
      this.#upgrade(request, socket, head, doorOf(request.socket));
    };
    server.on(
      'upgrade',
      faults.guard('An upgrade', upgrade, (_, socket) => socket.destroy()),
    );
    // A connection that cannot be accepted (no descriptor left) is told here, and would end the process.
    server.on('error', (error: Error) => {
      if (server.listening) faults.report('The server', error);
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      this.#answerMalformed(error, socket);
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse, door: Door, admit?: () => void): Promise<void> {
    const { core } = this;
    const { socket } = request;
    // It was told so.
    if (!this.#connections.has(socket)) {
      socket.destroySoon();
      return;
    }
    const requestId = requestIdOf(request);
    try {
      response.setHeader(requestIdHeader, requestId);
      response.on('error', (error) => {
        core.logger.debug(`An answer could not be sent: ${error.message}`, { request_id: requestId });
      });
      const admitted = this.#ask('request', request, door);
      for (const [name, value] of Object.entries(corsHeaders(originOf(admitted)))) response.setHeader(name, value);
      if (!admitted.ok) {
        fail(response, admitted.error);
        return;
      }
      response.on('finish', () => {
        this.#connections.answered(socket);
      });
      this.#limitBody(request);
      admit?.();
      const { path, isPreflight } = admitted.value;
      if (isPreflight) answerPreflight(response);
      else if (path === socketIoPath) this.#socketIo.serve(request, response, admitted.value);
      else await serveRequest({ core, sse: this.#streams, request, response, admitted: admitted.value });
    } catch (error) {
      // Whose body was read to its end is destroyed too, and waits for an answer.
      if (response.destroyed || (request.destroyed && !request.complete)) return;
      const [path] = (request.url ?? '').split('?');
      core.faults.report(`${request.method} ${path}`, error, requestId);
      fail(response, { status: 500, code: 'INTERNAL', message: 'The hub could not handle this request' });
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, door: Door): void {
    socket.on('error', () => socket.destroy());
    if (!this.#connections.has(request.socket)) return;
    const admitted = this.#ask('upgrade', request, door);
    const fault: HttpFault | undefined = admitted.ok ? upgradeProblem(admitted.value) : admitted.error;
    if (fault || !admitted.ok) {
      if (fault) socket.end(rawFault(fault, requestIdOf(request)));
      this.#connections.answered(request.socket);
      return;
    }
    const { path, query, scope } = admitted.value;
    if (path === socketIoPath) {
      const refusal = this.#socketIo.upgrade(request, socket, head, admitted.value);
      if (refusal) socket.end(rawFault(refusal, requestIdOf(request)));
      else this.#connections.upgraded(request.socket);
      return;
    }
    const publisher = publisherOf(admitted.value) ?? '';
    const wish = parseStreamQuery(query);
    if (!wish.ok) return;
    const id = `c_${++this.#clientCount}`;
    this.#webSockets.upgrade(request, socket, head, { id, publisher, scope, wish: wish.value });
  }

  #ask(
    kind: GateRequest['kind'],
    request: IncomingMessage,
    door: Door,
  ): Result<Admitted, HttpFault & { origin?: string }> {
    const { access, counters, log } = this.core;
    const admitted = access.ask(kind, request, door);
    if (!admitted.ok) {
      counters.refused(admitted.error.code);
      return admitted;
    }
    const scope = admitted.value.scope ?? this.#socketIo.scopeOf(admitted.value);
    const fault = this.#connections.admit(request.socket, scope);
    if (fault) return err(fault);
    // Whoever woke up as a ghost answers nothing from what it knew.
    return log.isCurrent() ? admitted : err(outlawed);
  }

  readonly #passLateToken: PassLateToken = (token, address, wire) => {
    const passed = this.core.access.passLateToken(token, address);
    const fault = passed.ok && wire ? this.#connections.admit(wire, passed.value) : undefined;
    return fault ? err(fault) : passed;
  };

  #limitBody(request: IncomingMessage): void {
    if (request.complete || request.method === 'GET') return;
    const timer = this.core.clock.after(bodyWithinMs, () => {
      this.core.counters.refused('TOO_SLOW');
      request.destroy();
    });
    const whole = (): void => {
      timer[Symbol.dispose]();
    };
    request.on('end', whole).on('close', whole);
  }

  /** What is no HTTP, or never became a whole request. */
  #answerMalformed({ code }: NodeJS.ErrnoException, socket: Socket): void {
    if (code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const fault = malformed(code);
    this.core.counters.refused(fault.status === 408 ? 'TOO_SLOW' : 'MALFORMED_HTTP');
    // After an answer that was given, another one would belong to nothing: it may be the body that nobody wanted.
    if (socket.bytesWritten > 0) socket.destroySoon();
    else socket.end(rawFault(fault));
  }
}

const outlawed: HttpFault = { status: 503, code: 'UNAVAILABLE', message: 'Another process is the hub by now' };

function originOf(admitted: Result<Admitted, { origin?: string }>): string | undefined {
  return admitted.ok ? admitted.value.origin : admitted.error.origin;
}

function malformed(code: string | undefined): HttpFault {
  if (code === 'HPE_HEADER_OVERFLOW') return { status: 431, code: 'TOO_LARGE', message: 'The headers are too long' };
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return { status: 408, code: 'UNAVAILABLE', message: 'The request did not come in time' };
  return { status: 400, code: 'INVALID_FRAME', message: 'This is no HTTP request' };
}

function upgradeProblem(admitted: Admitted): HttpFault | undefined {
  if (admitted.path === socketIoPath) return undefined;
  if (admitted.path !== '/ws' && admitted.path !== '/')
    return { status: 404, code: 'NOT_FOUND', message: 'WebSockets are served at /ws' };
  if (publisherOf(admitted) === undefined)
    return { status: 400, code: 'INVALID_FRAME', message: 'publisher: no valid name' };
  const wish = parseStreamQuery(admitted.query);
  return wish.ok ? undefined : wish.error;
}
