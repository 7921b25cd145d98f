import { getHeapStatistics } from 'node:v8';
import type { Clock } from '../primitives/clock.js';

export interface ProcessFigures {
  readonly uptime_s: number;
  /** How late timers come: now, and at worst within the last minute. */
  readonly event_loop: { readonly lag_ms: number; readonly max_lag_ms: number };
  /** Of this process, user and system; per cent of one core within the last second. */
  readonly cpu: { readonly seconds: number; readonly percent: number };
  /** Bytes. */
  readonly memory: { readonly rss: number; readonly heap_used: number; readonly heap_limit: number };
}

const everyMs = 1_000;
const remembered = 60;

/** Looks at this process once a second: at what the hub shares with everything else in VS Code's extension host. */
export class ProcessWatch implements Disposable {
  readonly #began: number;
  readonly #lags: number[] = [];
  #cpu = process.cpuUsage();
  #percent = 0;
  #looked: number;
  #timer: Disposable | undefined;

  constructor(private readonly clock: Clock) {
    this.#began = this.#looked = clock.monotonic();
    this.#schedule();
  }

  figures(): ProcessFigures {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed } = process.memoryUsage();
    // A look that is overdue counts, too.
    const lag = Math.max(this.#lags.at(-1) ?? 0, this.#lateness());
    return {
      uptime_s: round((this.clock.monotonic() - this.#began) / 1_000),
      event_loop: { lag_ms: round(lag), max_lag_ms: round(Math.max(lag, ...this.#lags)) },
      cpu: { seconds: round((user + system) / 1e6), percent: round(this.#percent) },
      memory: { rss, heap_used: heapUsed, heap_limit: getHeapStatistics().heap_size_limit },
    };
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }

  #lateness(): number {
    return Math.max(0, this.clock.monotonic() - this.#looked - everyMs);
  }

  #look(): void {
    this.#lags.push(this.#lateness());
    if (this.#lags.length > remembered) this.#lags.shift();
    const now = this.clock.monotonic();
    const { user, system } = process.cpuUsage(this.#cpu);
    this.#percent = (user + system) / 10 / Math.max(1, now - this.#looked);
    this.#cpu = process.cpuUsage();
    this.#looked = now;
  }

  #schedule(): void {
    this.#timer = this.clock.after(everyMs, () => {
      this.#schedule();
      this.#look();
    });
  }
}

const round = (value: number): number => Math.round(value * 1_000) / 1_000;
