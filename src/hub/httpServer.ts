import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { errorCode } from '../records/durability.js';
import { passGate, tokenDigest, type Admitted, type GateRequest, type GateRules } from './gate.js';
import type { HubCore } from './hubCore.js';
import { publisherOf, serveRequest } from './httpRoutes.js';
import { err, type Result } from '../primitives/result.js';
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

/** How long, and how often, the port of the hub before is tried while another program, or a hub that hangs, has it. */
const reclaimForMs = 10_000;
const reclaimEveryMs = 250;

/** The one place where clients come in: HTTP, event streams and WebSockets, all behind the gate. */
export class HttpServer implements AsyncDisposable {
  /**
   * Listens on the first of `ports` that can be had, else on a free one; loopback only. With `insist` the first one is
   * tried for some seconds more, and served besides when it can be had; nobody waits for that.
   */
  static async listen(core: HubCore, token: string, ports: readonly number[], insist = false): Promise<HttpServer> {
    const server = new HttpServer(core, token);
    const [first, ...others] = ports.filter((port) => port !== 0);
    if (first !== undefined && (await server.#listen(first))) return server;
    for (const port of [...others, 0]) if (await server.#listen(port)) break;
    if (first === undefined) return server;
    core.logger.warn(`Port ${first} is taken; the hub listens on another one`);
    if (insist) server.#reclaim(first, core.clock.monotonic() + reclaimForMs);
    return server;
  }

  /** Told when {@link port} became another one. */
  onMoved: () => void = () => {};
  readonly #servers: Server[] = [];
  readonly #webSockets: WebSocketTransport;
  readonly #streams: SseTransport;
  readonly #unadmitted = new WeakMap<Duplex, Disposable>();
  #rules: Omit<GateRules, 'port'>;
  #port = 0;
  #clientCount = 0;
  #reclaiming: Disposable | undefined;
  #closed = false;

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
    return this.#port;
  }

  /** From now on only this token counts, or none; whoever came in with another one has to come again. */
  setToken(token: string | undefined): void {
    this.#rules = { ...this.#rules, credentials: credentialsOf(token) };
    this.core.sessions.useToken(token);
    this.#webSockets.disconnect();
    // Streams, and requests that were let in and are not whole yet.
    for (const server of this.#servers) server.closeAllConnections();
  }

  /** Says goodbye to every client, then closes what is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#reclaiming?.[Symbol.dispose]();
    const closed = Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
    this.#streams[Symbol.dispose]();
    await this.#webSockets[Symbol.asyncDispose]();
    // Answers that were given in this turn leave first.
    await new Promise(setImmediate);
    for (const server of this.#servers) server.closeAllConnections();
    await closed;
  }

  /** False when somebody else has the port. */
  async #listen(port: number): Promise<boolean> {
    const server = this.#createServer();
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => {
          server.off('error', reject);
          resolve();
        });
      });
    } catch (error) {
      if (port !== 0 && (errorCode(error) === 'EADDRINUSE' || errorCode(error) === 'EACCES')) return false;
      throw error;
    }
    this.#servers.push(server);
    this.#port = (server.address() as AddressInfo).port;
    return true;
  }

  #reclaim(port: number, until: number): void {
    const { clock, logger } = this.core;
    if (this.#closed || clock.monotonic() >= until) return;
    this.#reclaiming = clock.after(reclaimEveryMs, () => {
      this.#listen(port).then(
        (listens) => {
          if (!listens) this.#reclaim(port, until);
          else if (this.#closed) this.#servers.at(-1)?.close();
          else this.onMoved();
        },
        (error: unknown) => {
          logger.warn(`Port ${port} cannot be had: ${String(error)}`);
        },
      );
    });
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
