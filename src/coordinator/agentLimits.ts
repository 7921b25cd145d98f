import type { LimitReason } from '../events/failure.js';
import type { Clock } from '../primitives/clock.js';
import { deferred } from '../primitives/deferred.js';
import type { AgentLimit } from '../attempt/attemptContext.js';
import type { Control } from './control.js';
import type { Pausing } from './pausing.js';
import type { Settlement } from './settle.js';

/** In milliseconds. A reset that was told is waited for with a margin, but not blindly: clocks and promises are wrong at times. */
const pace = {
  'agent-rate-limited': { margin: 60_000, least: 60_000, longest: 6 * 3_600_000, first: 60_000, last: 30 * 60_000 },
  'agent-unavailable': { margin: 5_000, least: 5_000, longest: 3_600_000, first: 5_000, last: 15 * 60_000 },
} as const satisfies Record<LimitReason, unknown>;

/** How long a wait lasts before the clock is looked at again: a machine that slept has slept through timers too. */
const lookMs = 30_000;

/**
 * When to try again after `failures` in a row, milliseconds since 1970: at the reset that was told, else after a time that
 * doubles. `random` in [0, 1) spreads those who wait for the same.
 */
export function goOnAt(
  reason: LimitReason,
  resetsAt: string | undefined,
  { now, failures, random }: { readonly now: number; readonly failures: number; readonly random: number },
): number {
  const { margin, least, longest, first, last } = pace[reason];
  const reset = resetsAt === undefined ? NaN : Date.parse(resetsAt);
  if (!Number.isNaN(reset)) return now + Math.min(longest, Math.max(least, reset - now + margin));
  const delay = Math.min(last, first * 2 ** Math.min(failures - 1, 20));
  return now + Math.round(delay * (1 + random / 4));
}

/** What keeps the agent from working. Until when is in the journal only, so that a resumed run waits on. */
export class AgentLimits {
  readonly #obstacles = new Set<string>();
  readonly #obstructed = deferred();
  /** Agent → the one wait for it of all stories. */
  readonly #waits = new Map<string, Promise<boolean>>();

  constructor(
    private readonly settlement: Settlement,
    private readonly control: Control,
    private readonly clock: Clock,
    private readonly pausing: Pausing,
    private readonly random: () => number = Math.random,
  ) {}

  /** What only a person can change, in words: nothing more is begun. */
  get obstacle(): string | undefined {
    return this.#obstacles.size === 0 ? undefined : [...this.#obstacles].join('\n');
  }

  /** Says that nothing but a person can help. */
  obstruct(why: string): void {
    this.#obstacles.add(why);
    this.#obstructed.resolve();
  }

  /** Says that an agent is at its limit, and until when its stories wait. */
  async reached(storyId: string, { agent, reason, resetsAt, failures }: AgentLimit): Promise<void> {
    const { journal } = this.settlement;
    this.control.takeHurry();
    const until = goOnAt(reason, resetsAt, {
      now: this.clock.now(),
      failures: failures ?? this.#failuresOf(storyId, reason),
      random: this.random(),
    });
    await journal.record(
      'limit.reached',
      {
        resets_at: resetsAt ?? null,
        agent,
        story_id: storyId,
        reason,
        until: new Date(until).toISOString(),
      },
      { storyId, severity: 'warn' },
    );
  }

  #failuresOf(storyId: string, reason: LimitReason): number {
    const attempts = this.settlement.journal.state.stories.get(storyId)?.attempts ?? [];
    const other = attempts.findLastIndex((attempt) => attempt.reason !== reason && attempt.reason !== 'interrupted');
    return attempts.length - 1 - other;
  }

  /** Resolves when the agent's limit is over or a person does not want to wait for that (true), or nothing more may begin (false). */
  whileReached(agent: string): Promise<boolean> {
    const known = this.#waits.get(agent);
    if (known) return known;
    const wait = this.#whileReached(agent).finally(() => this.#waits.delete(agent));
    this.#waits.set(agent, wait);
    return wait;
  }

  async #whileReached(agent: string): Promise<boolean> {
    const { journal } = this.settlement;
    for (;;) {
      await this.pausing.whilePaused();
      const limit = journal.state.limits?.find((one) => one.agent === agent);
      if (this.control.stopping.aborted || this.obstacle !== undefined) return false;
      if (!limit) return true;
      if (this.control.takeHurry()) {
        // Who does not wait for one does not wait for any.
        await journal.record('limit.cleared', {});
        continue;
      }
      const left = Date.parse(limit.until ?? '') - this.clock.now();
      if (left > 0) await this.#pause(Math.min(left, lookMs));
      else await journal.record('limit.cleared', { agent });
    }
  }

  async #pause(ms: number): Promise<void> {
    let timer: Disposable | undefined;
    const elapsed = new Promise<void>((resolve) => (timer = this.clock.after(ms, resolve)));
    await Promise.race([elapsed, this.control.nextWish(), this.#obstructed.promise]);
    timer?.[Symbol.dispose]();
  }
}
