import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { passGate, tokenDigest, type Admitted, type GateRequest, type GateRules, type Refusal } from './gate.js';
import type { HubCore } from './hubCore.js';
import { publisherOf, serveRequest } from './httpRoutes.js';
import type { Result } from '../primitives/result.js';
import { RateLimiter } from './rateLimiter.js';
import { fail, upgradeFault, type HttpFault } from './responses.js';
import { SseTransport } from './sseTransport.js';
import { WebSocketTransport } from './webSocketTransport.js';

const host = '127.0.0.1';
const maxConnections = 256;
/** A connection that has not passed the gate by then is closed. */
const admitWithinMs = 5_000;
const requestLimit = { burst: 20_000, perSecond: 10_000 };
const failureLimit = { burst: 20, perSecond: 1 };

/** The one port: HTTP, event streams and WebSockets, all behind the gate. */
export class HttpServer implements AsyncDisposable {
  /** Listens on `port` or, when that is taken, on a free one. Loopback only. */
  static async listen(core: HubCore, token: string, port: number): Promise<HttpServer> {
    const server = new HttpServer(core, token);
    try {
      await server.#listen(port);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES')))
        throw error;
      core.logger.warn(`Port ${port} is taken; the hub listens on another one`);
      await server.#listen(0);
    }
    return server;
  }

  readonly #server: Server;
  readonly #webSockets: WebSocketTransport;
  readonly #streams: SseTransport;
  readonly #unadmitted = new WeakMap<Duplex, Disposable>();
  #rules: GateRules;
  #clientCount = 0;

  private constructor(
    private readonly core: HubCore,
    token: string,
  ) {
    this.#webSockets = new WebSocketTransport(core);
    this.#streams = new SseTransport(core);
    this.#rules = {
      port: 0,
      credentials: credentialsOf(token),
      requests: new RateLimiter(core.clock, requestLimit),
      failures: new RateLimiter(core.clock, failureLimit),
    };
    this.#server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 5_000 });
    this.#server.maxConnections = maxConnections;
    this.#server.on('connection', (socket) => {
      this.#limitAdmission(socket);
    });
    this.#server.on('request', (request, response) => {
      void this.#serve(request, response);
    });
    this.#server.on('checkContinue', (request, response) => {
      void this.#serve(request, response, () => {
        response.writeContinue();
      });
    });
    this.#server.on('upgrade', (request, socket, head) => {
      this.#upgrade(request, socket, head);
    });
  }

  get port(): number {
    return this.#rules.port;
  }

  /** From now on only this token counts, or none; whoever came in with another one has to come again. */
  setToken(token: string | undefined): void {
    this.#rules = { ...this.#rules, credentials: credentialsOf(token) };
    this.#webSockets.disconnect();
    // Streams, and requests that were let in and are not whole yet.
    this.#server.closeAllConnections();
  }

  /** Says goodbye to every client, then closes what is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#streams[Symbol.dispose]();
    await this.#webSockets[Symbol.asyncDispose]();
    // Answers that were given in this turn leave first.
    await new Promise(setImmediate);
    this.#server.closeAllConnections();
    await closed;
  }

  async #listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#rules = { ...this.#rules, port: (this.#server.address() as AddressInfo).port };
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

  #ask(kind: GateRequest['kind'], request: IncomingMessage): Result<Admitted, Refusal> {
    const { method = '', url = '', socket, rawHeaders } = request;
    const admitted = passGate(
      { kind, method, target: url, address: socket.remoteAddress ?? '', rawHeaders },
      this.#rules,
    );
    if (admitted.ok) this.#unadmitted.get(socket)?.[Symbol.dispose]();
    else this.core.counters.refused(admitted.error.code);
    return admitted;
  }

  #limitAdmission(socket: Socket): void {
    const timer = this.core.clock.after(admitWithinMs, () => socket.destroy());
    this.#unadmitted.set(socket, timer);
    socket.on('close', () => {
      timer[Symbol.dispose]();
    });
  }
}

const credentialsOf = (token: string | undefined): GateRules['credentials'] =>
  token === undefined ? [] : [{ digest: tokenDigest(token), scope: 'admin' }];

function upgradeProblem({ path, query }: Admitted): HttpFault | undefined {
  if (path !== '/ws' && path !== '/')
    return { status: 404, code: 'NOT_FOUND', message: 'WebSockets are served at /ws' };
  if (publisherOf(query) === undefined)
    return { status: 400, code: 'INVALID_FRAME', message: 'publisher: no valid name' };
  return undefined;
}
