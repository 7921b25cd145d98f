import type { IncomingMessage } from 'node:http';
import { BrowserSessions } from '../gate/browserSessions.js';
import { Credentials } from '../gate/credentials.js';
import type { Door } from '../gate/door.js';
import {
  passGate,
  passLateToken,
  type Admitted,
  type GateRequest,
  type GateRules,
  type Refusal,
} from '../gate/gate.js';
import { parseOrigins } from '../gate/origins.js';
import { RateLimiter } from '../gate/rateLimiter.js';
import type { Scope } from '../gate/scopes.js';
import type { TransportSessions } from '../gate/socketIoGate.js';
import type { Clock } from '../primitives/clock.js';
import type { Logger } from '../primitives/logger.js';
import type { Result } from '../primitives/result.js';
import { helloProof, type HelloProof } from '../session/helloProof.js';

export interface AccessOptions {
  /**
   * Origins of a person's own pages, written as browsers do. They need a token like everybody. When one of them is none, no
   * page is allowed. Default: none.
   */
  readonly allowedOrigins?: readonly string[];
  /** Who shows no token may read and publish, on this machine; control stays closed. Default: false. */
  readonly allowTokenlessClients?: boolean;
}

const requestLimit = { burst: 20_000, perSecond: 10_000 };
const failureLimit = { burst: 20, perSecond: 1 };
const helloLimit = { burst: 1_000, perSecond: 500 };

/** Who may come in, as the user's token and settings say at the moment. */
export class Access {
  readonly sessions: BrowserSessions;
  #token: string | undefined;
  readonly #hellos: RateLimiter;
  #rules: Omit<GateRules, 'door'>;

  constructor(
    token: string,
    /** Of the hub, as in the discovery file. */
    private readonly instance: string,
    clock: Clock,
    logger: Logger,
    { allowedOrigins = [], allowTokenlessClients: allowTokenless = false }: AccessOptions,
  ) {
    const origins = parseOrigins(allowedOrigins);
    if (!origins.ok) logger.error(`No page of another origin is allowed: ${origins.error}`);
    this.#token = token;
    this.sessions = new BrowserSessions(token, clock);
    this.#hellos = new RateLimiter(clock, helloLimit);
    this.#rules = {
      credentials: new Credentials(token),
      sessions: this.sessions,
      requests: new RateLimiter(clock, requestLimit),
      failures: new RateLimiter(clock, failureLimit),
      allowedOrigins: origins.ok ? origins.value : [],
      allowTokenless,
    };
  }

  get allowTokenless(): boolean {
    return this.#rules.allowTokenless;
  }

  /** From now on only this token counts, and what is derived from it; or none. */
  useToken(token: string | undefined): void {
    this.#token = token;
    this.#rules = { ...this.#rules, credentials: new Credentials(token) };
    this.sessions.useToken(token);
  }

  ask(
    kind: GateRequest['kind'],
    { method = '', url = '', socket, rawHeaders }: IncomingMessage,
    door: Door,
  ): Result<Admitted, Refusal> {
    const address = socket.remoteAddress ?? '';
    return passGate({ kind, method, target: url, address, rawHeaders }, { ...this.#rules, door });
  }

  /** A token that came within what the gate admitted without one. */
  passLateToken(token: string, address: string): Result<Scope, Refusal> {
    return passLateToken(token, address, this.#rules);
  }

  /** From now on Socket.IO is served, with these sessions. */
  useTransportSessions(socketIo: TransportSessions): void {
    this.#rules = { ...this.#rules, socketIo };
  }

  /** That the hub knows the token, for who asks at `port`. Undefined when too many ask, or there is no token to know. */
  hello(nonce: string, port: number): HelloProof | undefined {
    if (this.#token === undefined || !this.#hellos.take('')) return undefined;
    return helloProof(this.#token, nonce, port, this.instance);
  }
}
