import type { Agent } from '../agents/agent.js';
import type { Story } from '../prd/prd.js';
import type { Clock } from '../primitives/clock.js';
import type { RunPaths } from '../session/paths.js';
import type { RunPlan } from '../plan/plan.js';
import type { RunJournal } from '../journal/runJournal.js';

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
  /** Its place among the attempts that run at the same time: 1, 2, … */
  readonly worker: number;
  /** Files that hold both sides of a conflict, for the agent to make one of. */
  readonly conflicts: readonly string[];
}

/** Id of one command of an attempt, unique within the run. */
export function taskId(context: AttemptContext, command: string): string {
  return `${context.story.id}-${context.attempt}-${command}`;
}
