import type { EventData } from '../events/catalogue.js';
import type { ShownStatus } from './liveness.js';
import type { AgentLimit, AttemptUsage, CriterionState, RunState, StoryState } from './runState.js';

/** Answers that every view shares. `now` is milliseconds since the epoch. */

export function progressPercent(run: RunState): number {
  return run.counts.total === 0 ? 0 : Math.round((100 * run.counts.completed) / run.counts.total);
}

/** The stories at work, in the order in which they began. */
export function currentStories(run: RunState): StoryState[] {
  return isLive(run) ? run.current.flatMap((id) => run.stories.get(id) ?? []) : [];
}

/** The one of them that began last. */
export function currentStory(run: RunState): StoryState | undefined {
  return currentStories(run).at(-1);
}

export function isLive({ status }: { readonly status: ShownStatus }): boolean {
  return status === 'running' || status === 'paused' || status === 'queued';
}

export function elapsedMs(run: RunState, now: number): number {
  return Math.max(0, (run.endedAt === undefined ? now : Date.parse(run.endedAt)) - Date.parse(run.startedAt));
}

/** Mean time per finished story of this run, times the stories left; undefined until one has finished, and while the agent cannot work. */
export function remainingMs(run: RunState, now: number): number | undefined {
  if (!isLive(run) || run.limits) return undefined;
  let finished = 0;
  for (const story of run.stories.values()) if (story.endedAt !== undefined) finished += 1;
  const left = run.counts.total - run.counts.completed - run.counts.failed;
  return finished === 0 ? undefined : (elapsedMs(run, now) / finished) * left;
}

/** Of the limits that a run waits for the one that is over first. */
export function nextLimit({ limits = [] }: Pick<RunState, 'limits'>): AgentLimit | undefined {
  return limits.toSorted((a, b) => (a.until ?? '~').localeCompare(b.until ?? '~'))[0];
}

/** Stories that a run of ours finished and whose status is not in the PRD file. */
export function unwrittenStories(run: RunState): StoryState[] {
  if (run.external) return [];
  return [...run.stories.values()].filter(
    ({ commits, written, status }) => commits.length > 0 && written === undefined && status !== 'failed',
  );
}

export function provedCriteria(story: StoryState): number {
  return story.criteria.filter((criterion) => criterion.status === 'proved').length;
}

/** What an agent used, in words. */
export function usageText({ inputTokens, outputTokens, costUsd }: AttemptUsage): string {
  const cost = costUsd === undefined ? '' : `, $${costUsd.toFixed(2)}`;
  return `Used ${(inputTokens + outputTokens).toLocaleString()} tokens${cost}`;
}

type TestRun = Pick<EventData<'test.run'>, 'passed' | 'failed' | 'total' | 'coverage'>;

/** What a test run came to: counts, and how much is covered where that is known. */
export function testsText({ passed, failed, total, coverage }: TestRun): string {
  const counts = failed === 0 ? `${passed} of ${total} tests passed` : `${failed} of ${total} tests failed`;
  return coverage === undefined ? counts : `${counts}, ${coverage} % of lines covered`;
}

/** One line that says why a criterion counts as it does. */
export function proofText(criterion: CriterionState): string {
  switch (criterion.status) {
    case 'unproved':
      return 'Not proved';
    case 'claimed':
      return 'Claimed by the agent, not proved';
    case 'failed':
      return `Check failed: ${criterion.message ?? ''}`;
    case 'proved':
      return criterion.proof ? proofSource(criterion.proof) : 'Proved';
  }
}

function proofSource(proof: NonNullable<CriterionState['proof']>): string {
  switch (proof.kind) {
    case 'gate':
      return `Gate "${proof.gate}" passed on ${short(proof.commit)}`;
    case 'command':
      return `"${proof.command}" succeeded on ${short(proof.commit)}${proof.red_on_base ? ', failed before' : ''}`;
    case 'test':
      return `Test "${proof.test}" went from red on ${short(proof.base)} to green on ${short(proof.commit)}`;
    case 'review':
      return `Confirmed by ${proof.reviewer}, reviewing ${short(proof.commit)}${proof.evidence === undefined ? '' : `: ${proof.evidence}`}`;
    case 'person':
      return `Accepted by ${proof.by}`;
  }
}

export const short = (commit: string): string => commit.slice(0, 8);
