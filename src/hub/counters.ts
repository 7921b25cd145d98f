import type { ErrorCode } from '../events/frames.js';

/** Why a client was cut. */
export type CutReason = 'slow_consumer' | 'no_pong' | 'idle';

/** Why something was refused that has no answer with a code, or another one. */
export type RefusalReason =
  | ErrorCode
  /** All places for connections are taken. */
  | 'TOO_MANY_CONNECTIONS'
  /** Connections come too fast. */
  | 'CONNECTION_RATE'
  /** A connection has not passed the gate in time. */
  | 'NOT_ADMITTED_IN_TIME'
  /** A body took too long. */
  | 'TOO_SLOW'
  | 'MALFORMED_HTTP'
  | 'MALFORMED_TLS'
  | 'MALFORMED_FRAME';

/** The hub's own figures, for `hub.stats` and `/api/stats`. */
export class HubCounters {
  websockets = 0;
  streams = 0;
  socketIo = 0;
  readonly #refused: Record<string, number> = {};
  readonly #cut: Record<CutReason, number> = { slow_consumer: 0, no_pong: 0, idle: 0 };

  get connections(): number {
    return this.websockets + this.streams + this.socketIo;
  }

  refused(reason: RefusalReason): void {
    this.#refused[reason] = (this.#refused[reason] ?? 0) + 1;
  }

  cut(reason: CutReason): void {
    this.#cut[reason] += 1;
  }

  toJSON() {
    const { websockets, streams, socketIo, connections } = this;
    return {
      connections,
      websockets,
      streams,
      socket_io: socketIo,
      refused: { ...this.#refused },
      cut: { ...this.#cut },
    };
  }
}
