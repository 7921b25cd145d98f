import type { BudgetConfig } from '../config/config.js';
import type { EventData } from '../events/catalogue.js';
import type { AttemptState } from '../state/runState.js';
import { budgetText } from '../state/statusText.js';
import { countsAsAttempt } from '../plan/attemptEnds.js';
import type { AgentLimits } from './agentLimits.js';
import type { Settlement } from './settle.js';

/** A ceiling that is reached. */
export type SpentBudget = EventData<'budget.exceeded'>;

/**
 * The first ceiling of a story or a run that its attempts have reached, by what their agents told. Pure. What an agent
 * does not tell does not count, nor does an attempt that a limit or a stop has ended. One that ended with a question does.
 */
export function spentBudget(
  scope: 'story' | 'run',
  budget: BudgetConfig,
  attempts: readonly AttemptState[],
): SpentBudget | undefined {
  const sum = (used: (attempt: AttemptState) => number): number =>
    attempts.reduce((total, attempt) => total + used(attempt), 0);
  const used = [
    [`${scope}Attempts`, attempts.filter((one) => countsAsAttempt(one) || one.reason === 'question').length],
    [`${scope}Tokens`, sum(({ usage }) => (usage ? usage.inputTokens + usage.outputTokens : 0))],
    // Sums of cents are no sums of binary fractions.
    [`${scope}Usd`, Number(sum(({ usage }) => usage?.costUsd ?? 0).toFixed(6))],
  ] as const;
  for (const [name, amount] of used) {
    const limit = budget[name];
    if (limit !== undefined && amount >= limit) return { budget: name, limit, used: amount };
  }
  return undefined;
}

/** The run's own ceilings, looked at before anything is begun. What runs when one is reached goes on to its end. */
export class RunBudget {
  #spent: string | undefined;

  constructor(
    private readonly settlement: Settlement,
    private readonly limits: AgentLimits,
  ) {}

  /** Why nothing more may be begun, in words, once that was found. */
  get spent(): string | undefined {
    return this.#spent;
  }

  /** Whether a ceiling is reached; the first time, it is said, and all that wait to begin something are told. */
  async isSpent(): Promise<boolean> {
    if (this.#spent !== undefined) return true;
    const { journal, plan } = this.settlement;
    const attempts = [...journal.state.stories.values()].flatMap((story) => story.attempts);
    const spent = spentBudget('run', plan.config.budget ?? {}, attempts);
    if (!spent) return false;
    this.#spent = budgetText(spent);
    this.limits.obstruct(this.#spent);
    await journal.record('budget.exceeded', spent, { severity: 'warn' });
    return true;
  }
}
