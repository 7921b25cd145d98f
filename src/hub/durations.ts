import type { EventBus } from '../bus/eventBus.js';
import { isFromRun } from '../events/envelope.js';

/** One attempt of an agent, or one gate, that a run of ours told the end of. */
export type Duration =
  | { readonly kind: 'attempt'; readonly status: 'success' | 'error'; readonly seconds: number }
  | { readonly kind: 'gate'; readonly gate: string; readonly status: 'success' | 'error'; readonly seconds: number };

interface Total {
  count: number;
  seconds: number;
}

const maxWaiting = 10_000;
/** Repositories name their gates: more names than these are one. */
const maxGates = 50;

/** How long attempts and gates took, as the bus tells; kept until somebody makes a histogram of them. */
export class Durations implements Disposable {
  readonly #attempts: Total = { count: 0, seconds: 0 };
  readonly #gates: Total = { count: 0, seconds: 0 };
  readonly #gateNames = new Set<string>();
  readonly #subscriptions: Disposable[];
  #waiting: Duration[] = [];

  constructor(bus: Pick<EventBus, 'subscribe'>) {
    this.#subscriptions = [
      bus.subscribe('command.ended', (event) => {
        const { kind, status, metrics } = event.data;
        if (kind !== 'agent' || metrics?.duration_ms === undefined || !isFromRun(event)) return;
        this.#add(this.#attempts, { kind: 'attempt', status, seconds: metrics.duration_ms / 1_000 });
      }),
      bus.subscribe('gate.completed', (event) => {
        const { gate, passed, duration_ms: duration } = event.data;
        if (duration === undefined || !isFromRun(event)) return;
        const status = passed ? 'success' : 'error';
        this.#add(this.#gates, { kind: 'gate', gate: this.#nameOf(gate), status, seconds: duration / 1_000 });
      }),
    ];
  }

  totals(): { readonly attempts: Readonly<Total>; readonly gates: Readonly<Total> } {
    return { attempts: { ...this.#attempts }, gates: { ...this.#gates } };
  }

  /** Those that were not taken yet. When nobody takes them, the oldest are forgotten. */
  take(): readonly Duration[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }

  [Symbol.dispose](): void {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
  }

  #add(total: Total, duration: Duration): void {
    total.count += 1;
    total.seconds += duration.seconds;
    this.#waiting.push(duration);
    if (this.#waiting.length > maxWaiting) this.#waiting.shift();
  }

  #nameOf(gate: string): string {
    if (this.#gateNames.size < maxGates) this.#gateNames.add(gate);
    return this.#gateNames.has(gate) ? gate : 'other';
  }
}
