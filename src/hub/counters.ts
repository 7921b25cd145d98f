import type { ErrorCode } from '../events/frames.js';

/** Why a client was cut. */
export type CutReason = 'slow_consumer' | 'no_pong' | 'idle';

/** The hub's own figures, for `hub.stats` and `/api/stats`. */
export class HubCounters {
  websockets = 0;
  streams = 0;
  readonly #refused: Record<string, number> = {};
  readonly #cut: Record<CutReason, number> = { slow_consumer: 0, no_pong: 0, idle: 0 };

  get connections(): number {
    return this.websockets + this.streams;
  }

  refused(code: ErrorCode): void {
    this.#refused[code] = (this.#refused[code] ?? 0) + 1;
  }

  cut(reason: CutReason): void {
    this.#cut[reason] += 1;
  }

  toJSON() {
    const { websockets, streams, connections } = this;
    return { connections, websockets, streams, refused: { ...this.#refused }, cut: { ...this.#cut } };
  }
}
