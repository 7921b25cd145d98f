import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { passGate, tokenDigest, type Admitted, type GateRequest, type GateRules } from '../gate/gate.js';
import type { HubCore } from './hubCore.js';
import { publisherOf, serveRequest } from './httpRoutes.js';
import { err, type Result } from '../primitives/result.js';
import { Ports } from './ports.js';
import { RateLimiter } from '../gate/rateLimiter.js';
import { fail, upgradeFault, type HttpFault } from './responses.js';
import { SseTransport } from './sseTransport.js';
import { WebSocketTransport } from './webSocketTransport.js';

const maxConnections = 256;
/** A connection that has not passed the gate by then is closed. */
const admitWithinMs = 5_000;
const requestLimit = { burst: 20_000, perSecond: 10_000 };
const failureLimit = { burst: 20, perSecond: 1 };

/** The one place where clients come in: HTTP, event streams and WebSockets, all behind the gate. */
export class HttpServer implements AsyncDisposable {
  /** `wishes` and `insist`: as for {@link Ports}. */
  static async listen(core: HubCore, token: string, wishes: readonly number[], insist = false): Promise<HttpServer> {
    const { clock, logger } = core;
    const server = new HttpServer(core, token);
    const createServer = (): Server => server.#createServer();
    server.#ports = await Ports.open({ wishes, insist, createServer, clock, logger });
    return server;
  }

  #ports: Ports | undefined;
  readonly #webSockets: WebSocketTransport;
  readonly #streams: SseTransport;
  readonly #unadmitted = new WeakMap<Duplex, Disposable>();
  #rules: Omit<GateRules, 'port'>;
  #clientCount = 0;

  private constructor(
    private readonly core: HubCore,
    token: string,
  ) {
    this.#webSockets = new WebSocketTransport(core);
    this.#streams = new SseTransport(core);
    this.#rules = {
      credentials: credentialsOf(token),
      sessions: core.sessions,
      requests: new RateLimiter(core.clock, requestLimit),
      failures: new RateLimiter(core.clock, failureLimit),
    };
  }

  get port(): number {
    return this.#ports?.current ?? 0;
  }

  /** Told when {@link port} became another one. */
  set onMoved(listener: () => void) {
    if (this.#ports) this.#ports.onMoved = listener;
  }

  /** From now on only this token counts, or none; whoever came in with another one has to come again. */
  setToken(token: string | undefined): void {
    this.#rules = { ...this.#rules, credentials: credentialsOf(token) };
    this.core.sessions.useToken(token);
    this.#webSockets.disconnect();
    // Streams, and requests that were let in and are not whole yet.
    this.#ports?.disconnect();
  }

  /** Says goodbye to every client, then closes what is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ports?.close();
    await Promise.all([this.#streams[Symbol.asyncDispose](), this.#webSockets[Symbol.asyncDispose]()]);
    // Answers that were given in this turn leave first.
    await new Promise(setImmediate);
    await this.#ports?.[Symbol.asyncDispose]();
  }

  #createServer(): Server {
    const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 5_000 });
    server.maxConnections = maxConnections;
    server.on('connection', (socket) => {
      this.#limitAdmission(socket);
    });
    server.on('request', (request, response) => {
      void this.#serve(request, response);
    });
    server.on('checkContinue', (request, response) => {
      void this.#serve(request, response, () => {
        response.writeContinue();
      });
    });
    server.on('upgrade', (request, socket, head) => {
      this.#upgrade(request, socket, head);
    });
    return server;
  }

  async #serve(request: IncomingMessage, response: ServerResponse, admit?: () => void): Promise<void> {
    const { core } = this;
    const admitted = this.#ask('request', request);
    if (!admitted.ok) {
      fail(response, admitted.error);
      return;
    }
    try {
      admit?.();
      await serveRequest({ core, sse: this.#streams, request, response, admitted: admitted.value });
    } catch (error) {
      if (response.destroyed || request.destroyed) return;
      core.logger.error(
        `${admitted.value.path} failed: ${error instanceof Error ? (error.stack ?? '') : String(error)}`,
      );
      fail(response, { status: 500, code: 'INTERNAL', message: 'The hub could not handle this request' });
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const admitted = this.#ask('upgrade', request);
    const fault: HttpFault | undefined = admitted.ok ? upgradeProblem(admitted.value) : admitted.error;
    if (fault || !admitted.ok) {
      if (fault) socket.end(upgradeFault(fault, STATUS_CODES[fault.status] ?? ''));
      return;
    }
    const publisher = publisherOf(admitted.value.query) ?? '';
    const id = `c_${++this.#clientCount}`;
    this.#webSockets.upgrade(request, socket, head, { id, publisher, scope: admitted.value.scope });
  }

  #ask(kind: GateRequest['kind'], request: IncomingMessage): Result<Admitted, HttpFault> {
    const { method = '', url = '', socket, rawHeaders } = request;
    const admitted = passGate(
      { kind, method, target: url, address: socket.remoteAddress ?? '', rawHeaders },
      { ...this.#rules, port: socket.localPort ?? 0 },
    );
    if (admitted.ok) this.#unadmitted.get(socket)?.[Symbol.dispose]();
    else this.core.counters.refused(admitted.error.code);
    // Whoever woke up as a ghost answers nothing from what it knew.
    return admitted.ok && !this.core.log.isCurrent() ? err(outlawed) : admitted;
  }

  #limitAdmission(socket: Socket): void {
    const timer = this.core.clock.after(admitWithinMs, () => socket.destroy());
    this.#unadmitted.set(socket, timer);
    socket.on('close', () => {
      timer[Symbol.dispose]();
    });
  }
}

const outlawed: HttpFault = { status: 503, code: 'UNAVAILABLE', message: 'Another process is the hub by now' };
const credentialsOf = (token: string | undefined): GateRules['credentials'] =>
  token === undefined ? [] : [{ digest: tokenDigest(token), scope: 'admin' }];

function upgradeProblem({ path, query }: Admitted): HttpFault | undefined {
  if (path !== '/ws' && path !== '/')
    return { status: 404, code: 'NOT_FOUND', message: 'WebSockets are served at /ws' };
  if (publisherOf(query) === undefined)
    return { status: 400, code: 'INVALID_FRAME', message: 'publisher: no valid name' };
  return undefined;
}
