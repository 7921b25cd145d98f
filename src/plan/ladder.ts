import type { Agent } from '../agents/agent.js';
import { createAgent } from '../agents/registry.js';
import type { ResolvedConfig } from '../config/config.js';
import type { FailureReason } from '../events/failure.js';
import { err, ok, type Result } from '../primitives/result.js';
import type { AttemptState } from '../state/runState.js';
import { countsAsAttempt } from './attemptEnds.js';
import { noProgress } from './noProgress.js';

/** Who works on a story for some attempts, before the next step takes over. */
export interface LadderStep {
  readonly agent: Agent;
  /** The model that the step names; undefined: the agent's own. */
  readonly model: string | undefined;
  readonly attempts: number;
}

/** The steps that the attempts of every story climb; one step unless a ladder is configured. */
export type Ladder = readonly [LadderStep, ...LadderStep[]];

/** Makes the agents of a configuration's ladder; the error says what to set. */
export function createLadder(config: ResolvedConfig): Result<Ladder, string> {
  const steps: LadderStep[] = [];
  for (const { agent: name = config.agent, model, attempts = 1 } of stepsOf(config)) {
    const agent = createAgent({ ...config, agent: name }, model);
    if (!agent.ok) return agent;
    steps.push({ agent: agent.value, model, attempts });
  }
  const [first, ...others] = steps;
  return first ? ok([first, ...others]) : err('The ladder has no steps.');
}

function stepsOf({ ladder, attempts }: ResolvedConfig): NonNullable<ResolvedConfig['ladder']> {
  return ladder && ladder.length > 0 ? ladder : [{ attempts }];
}

/** Where a story is: on a step, or above the last one, and why. */
export type Height<Step> =
  | { readonly kind: 'step'; readonly index: number; readonly step: Step }
  | { readonly kind: 'over'; readonly reason: FailureReason; readonly message?: string };

/**
 * How far attempts have climbed: a step is left when its attempts are used up, or go nowhere. Pure; the same attempts on
 * the same ladder are always as far.
 */
export function climb<Step extends Pick<LadderStep, 'attempts'>>(
  ladder: readonly Step[],
  attempts: readonly AttemptState[],
): Height<Step> {
  let index = 0;
  let onStep: AttemptState[] = [];
  let stuck: string | undefined;
  for (const attempt of attempts) {
    onStep.push(attempt);
    const step = ladder[index];
    if (!step) break;
    stuck = noProgress(onStep);
    if (stuck === undefined && onStep.filter(countsAsAttempt).length < step.attempts) continue;
    index += 1;
    onStep = [];
  }
  const step = ladder[index];
  if (step) return { kind: 'step', index, step };
  return stuck === undefined
    ? { kind: 'over', reason: 'attempts-exhausted' }
    : { kind: 'over', reason: 'no-progress', message: stuck };
}
