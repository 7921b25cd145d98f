import type { Agent } from '../agents/agent.js';
import type { LimitReason } from '../events/failure.js';
import type { Story } from '../prd/prd.js';
import type { Clock } from '../primitives/clock.js';
import type { RunPaths } from '../session/paths.js';
import type { RunPlan } from '../plan/plan.js';
import type { RunJournal } from '../journal/runJournal.js';

/** An agent that could not do what an attempt asked of it, for now. */
export interface AgentLimit {
  readonly agent: string;
  readonly reason: LimitReason;
  /** When it is lifted, as ISO time, where the agent knows. */
  readonly resetsAt?: string | undefined;
  /** How often in a row; otherwise the attempts of the story say it. */
  readonly failures?: number;
}

/** What the steps of one attempt share. */
export interface AttemptContext {
  readonly plan: RunPlan;
  readonly runId: string;
  readonly run: RunPaths;
  readonly journal: RunJournal;
  /** Aborted when the attempt has to end now. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly story: Story;
  readonly attempt: number;
  readonly agent: Agent;
  /** That the story suggests, where it counts. */
  readonly model: string | undefined;
  /** Commit that the attempt builds on: the run's tip. */
  readonly base: string;
  readonly worktree: string;
  /** The user's own files that were copied there. */
  readonly copied: readonly string[];
  /** Its number among the attempts that run at the same time: 1, 2, … */
  readonly worker: number;
  /** Files that hold both sides of a conflict, for the agent to make one of. */
  readonly conflicts: readonly string[];
  /** Says that an agent is at its limit; resolves when it may be asked again (true), or nothing more may begin (false). */
  readonly whileLimited: (limit: AgentLimit) => Promise<boolean>;
}

/** Id of one command of an attempt, unique within the run. */
export function taskId(context: AttemptContext, command: string): string {
  return `${context.story.id}-${context.attempt}-${command}`;
}
