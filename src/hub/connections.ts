import type { Socket } from 'node:net';
import { addressKey } from '../gate/door.js';
import { RateLimiter } from '../gate/rateLimiter.js';
import type { Scope } from '../gate/scopes.js';
import type { Clock } from '../primitives/clock.js';
import type { HubCounters, RefusalReason } from './counters.js';
import { rawFault, type HttpFault } from './responses.js';

export const defaultMaxConnections = 256;
/** A connection that has not passed the gate by then is closed. */
const admitWithinMs = 5_000;
/** The same for its next request: longer than Node keeps an idle connection, so that this one is only for slow ones. */
const nextWithinMs = 10_000;
/** How long the answer to a refused connection may take to leave. */
const lingerMs = 1_000;
const maxLingering = 256;
const newConnections = { burst: 2_000, perSecond: 500 };

interface Connection {
  readonly socket: Socket;
  readonly address: string;
  /** Over TLS there is nothing to say before the handshake, and nothing in HTTP after an upgrade. */
  isPlain: boolean;
  /** Undefined: a stranger, who has shown nothing. */
  scope: Scope | undefined;
  timer: Disposable | undefined;
}

/**
 * Who has a place at the hub's ports. Strangers have one for seconds, and lose it first when places get scarce; who comes with
 * less than the hub's own token, or with none, cannot take all of them; nor can one address of another machine.
 */
export class Connections implements Disposable {
  /** By the ends of the connection, oldest first. */
  readonly #open = new Map<string, Connection>();
  readonly #rate: RateLimiter;
  #lingering = 0;
  #closed = false;

  constructor(
    private readonly clock: Clock,
    private readonly counters: HubCounters,
    private readonly max: number,
  ) {
    this.#rate = new RateLimiter(clock, newConnections);
  }

  /** A connection was made. */
  accept(socket: Socket, isPlain: boolean): void {
    const key = keyOf(socket);
    const address = addressKey(socket.remoteAddress ?? '');
    socket.on('error', () => socket.destroy());
    if (!this.#rate.take(address)) {
      this.#refuse({ socket, isPlain }, 'CONNECTION_RATE', tooFast);
      return;
    }
    const stranger = this.#hasRoom(address) ? undefined : this.#oldestStranger();
    if (stranger) this.#evict(...stranger);
    if (!this.#hasRoom(address)) {
      this.#refuse({ socket, isPlain }, 'TOO_MANY_CONNECTIONS', full);
      return;
    }
    const connection: Connection = { socket, address, isPlain, scope: undefined, timer: undefined };
    this.#open.set(key, connection);
    this.#limitTime(connection, admitWithinMs);
    socket.on('close', () => {
      connection.timer?.[Symbol.dispose]();
      if (this.#open.get(key) === connection) this.#open.delete(key);
    });
  }

  /** Whether this connection has a place: no longer, or never, when it was refused. */
  has(socket: Socket): boolean {
    return this.#open.has(keyOf(socket));
  }

  /** A request of it passed the gate, with this scope. The fault says why it cannot be served nevertheless. */
  admit(socket: Socket, scope: Scope | undefined): HttpFault | undefined {
    const connection = this.#open.get(keyOf(socket));
    if (!connection) return full;
    if (scope !== undefined && isGuest(scope) && !(connection.scope && isGuest(connection.scope))) {
      const guests = [...this.#open.values()].filter((one) => one.scope !== undefined && isGuest(one.scope)).length;
      if (guests >= this.max / 2) {
        this.counters.refused('TOO_MANY_CONNECTIONS');
        return full;
      }
    }
    connection.timer?.[Symbol.dispose]();
    connection.scope = scope ?? connection.scope;
    return undefined;
  }

  /** From now on it speaks another protocol than HTTP. */
  upgraded(socket: Socket): void {
    const connection = this.#open.get(keyOf(socket));
    if (connection) connection.isPlain = false;
  }

  /** Its request was answered, and it stays open for another one. */
  answered(socket: Socket): void {
    const connection = this.#open.get(keyOf(socket));
    if (connection) this.#limitTime(connection, nextWithinMs);
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    for (const { timer } of this.#open.values()) timer?.[Symbol.dispose]();
  }

  #hasRoom(address: string): boolean {
    if (this.#open.size >= this.max) return false;
    if (address === 'loopback') return true;
    return [...this.#open.values()].filter((one) => one.address === address).length < this.max / 4;
  }

  #oldestStranger(): [string, Connection] | undefined {
    for (const entry of this.#open) if (entry[1].scope === undefined) return entry;
    return undefined;
  }

  #evict(key: string, connection: Connection): void {
    connection.timer?.[Symbol.dispose]();
    this.#open.delete(key);
    this.#refuse(connection, 'TOO_MANY_CONNECTIONS', full);
  }

  #limitTime(connection: Connection, ms: number): void {
    connection.timer?.[Symbol.dispose]();
    if (this.#closed || connection.socket.destroyed) return;
    connection.timer = this.clock.after(ms, () => {
      // Nothing of a next request, or no end of it.
      if (connection.scope === undefined) this.counters.refused('NOT_ADMITTED_IN_TIME');
      connection.socket.destroy();
    });
  }

  /** With an answer, as far as one can be given without waiting for anybody. */
  #refuse({ socket, isPlain }: Pick<Connection, 'socket' | 'isPlain'>, reason: RefusalReason, fault: HttpFault): void {
    this.counters.refused(reason);
    if (!isPlain || this.#closed || this.#lingering >= maxLingering) {
      socket.destroy();
      return;
    }
    this.#lingering += 1;
    const timer = this.clock.after(lingerMs, () => socket.destroy());
    socket.on('close', () => {
      timer[Symbol.dispose]();
      this.#lingering -= 1;
    });
    socket.end(rawFault(fault));
  }
}

/** Who has less than the hub's own token. */
const isGuest = (scope: Scope): boolean => scope === 'publish' || scope === 'read' || scope === 'tokenless';

/** A socket and the TLS socket upon it have the same ends. */
function keyOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): string {
  return [localAddress, localPort, remoteAddress, remotePort].join(' ');
}

const full: HttpFault = {
  status: 503,
  code: 'UNAVAILABLE',
  message: 'All places for connections are taken',
};
const tooFast: HttpFault = { status: 429, code: 'RATE_LIMITED', message: 'Too many new connections' };
