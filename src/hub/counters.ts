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

/** What waits to be sent, of all clients. */
export interface QueueFigures {
  /** Clients for whom something waits. */
  readonly clients: number;
  readonly bytes: number;
  /** Of the client for whom most waits. */
  readonly largest_bytes: number;
}

/** The hub's own figures, for `hub.stats`, `/api/stats` and `/metrics`. Counts are since its start. */
export class HubCounters {
  websockets = 0;
  streams = 0;
  socketIo = 0;
  /** Bugs that were kept from doing harm. */
  faults = 0;
  #delivered = 0;
  readonly #refused: Record<string, number> = {};
  readonly #cut: Record<CutReason, number> = { slow_consumer: 0, no_pong: 0, idle: 0 };
  readonly #queues = new Set<() => number>();

  get connections(): number {
    return this.websockets + this.streams + this.socketIo;
  }

  refused(reason: RefusalReason): void {
    this.#refused[reason] = (this.#refused[reason] ?? 0) + 1;
  }

  cut(reason: CutReason): void {
    this.#cut[reason] += 1;
  }

  /** Messages, or parts of a stream, with events, that were handed to a client's socket. */
  delivered(messages: number): void {
    this.#delivered += messages;
  }

  /** Has the bytes that wait for one client counted, until it is disposed. */
  watchQueue(bytes: () => number): Disposable {
    this.#queues.add(bytes);
    return {
      [Symbol.dispose]: () => {
        this.#queues.delete(bytes);
      },
    };
  }

  toJSON() {
    const { websockets, streams, socketIo, connections, faults } = this;
    return {
      ...{ connections, websockets, streams, socket_io: socketIo, delivered: this.#delivered },
      ...{ refused: { ...this.#refused }, cut: { ...this.#cut }, queues: this.#queueFigures(), faults },
    };
  }

  #queueFigures(): QueueFigures {
    const waiting = [...this.#queues].map((bytes) => bytes()).filter((bytes) => bytes > 0);
    return {
      clients: waiting.length,
      bytes: waiting.reduce((sum, bytes) => sum + bytes, 0),
      largest_bytes: Math.max(0, ...waiting),
    };
  }
}
