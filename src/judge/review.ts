import { randomUUID } from 'node:crypto';
import type { CriterionFinding } from '../agents/agent.js';
import { ReviewDesk } from '../agents/reviewTool.js';
import type { AttemptContext } from '../attempt/attemptContext.js';
import { taskId } from '../attempt/attemptContext.js';
import { stopped, type AttemptFailure } from '../attempt/attemptFailure.js';
import { buildReviewPrompt } from '../attempt/prompt.js';
import { runAgent } from '../attempt/runAgent.js';
import { prepareWorktree } from '../attempt/setUp.js';
import { gitText } from '../git/git.js';
import { addWorktree, removeWorktree } from '../git/worktrees.js';
import type { Criterion } from '../prd/prd.js';
import { failpoint } from '../primitives/failpoint.js';
import { err, ok, type Result } from '../primitives/result.js';
import type { CriterionOutcome } from './proof.js';

/** What a reviewer found: number of a criterion → its outcome; nothing for those it said nothing of. */
export type Review = ReadonlyMap<number, CriterionOutcome>;

/**
 * Has an agent with a fresh mind look at a result that passed everything that can be run: its only context is its prompt,
 * and its worktree, of the same commit, is thrown away with whatever it did there.
 */
export async function review(
  context: AttemptContext,
  commit: string,
  criteria: readonly Criterion[],
): Promise<Result<Review, AttemptFailure>> {
  const { plan, runId, signal } = context;
  const made = await addWorktree(plan.repository, runId, taskId(context, 'review'), commit);
  if (!made.ok) return err({ reason: 'git-failed', feedback: gitText(made.error) });
  failpoint('coordinator.review-worktree-made');
  try {
    const prepared = await prepareWorktree(context, { cwd: made.value, output: 'review-setup' });
    if (!prepared.ok) return prepared;
    const found = await findings(context, { commit, cwd: made.value, criteria });
    if (signal.aborted) return err(stopped(signal));
    return found;
  } finally {
    await removeWorktree(plan.repository, made.value);
  }
}

interface Reviewed {
  readonly commit: string;
  readonly cwd: string;
  readonly criteria: readonly Criterion[];
}

async function findings(
  context: AttemptContext,
  { commit, cwd, criteria }: Reviewed,
): Promise<Result<Review, AttemptFailure>> {
  const { plan, run, journal, story, attempt, base } = context;
  const { agent, model } = plan.reviewer;
  const indexes = criteria.map(({ index }) => index);
  const key = randomUUID();
  const found = new Map<number, CriterionFinding>();
  const take = (finding: CriterionFinding): void => {
    if (indexes.includes(finding.acIndex) && finding.key === key) found.set(finding.acIndex, finding);
  };
  const reviewer = model === undefined ? agent.name : `${agent.name} (${model})`;
  const prompt = buildReviewPrompt(plan, agent, story, { base, commit, criteria, key });
  const promptFile = run.reviewPrompt(story.id, attempt);
  const transcript = run.output(story.id, attempt, 'review');
  await journal.record(
    'review.started',
    {
      ...{ story_id: story.id, attempt, reviewer, commit_hash: commit },
      ...{ ac_indexes: indexes, prompt: promptFile, transcript },
    },
    { storyId: story.id },
  );
  const start = performance.now();
  const { failure } = await runAgent(context, {
    ...{ role: 'reviewer', agent, model: undefined, cwd, prompt, promptFile, transcript },
    desks: [new ReviewDesk(indexes, key, take)],
    onSaid: (said) => {
      if (said.kind === 'finding') take(said);
    },
  });
  failpoint('coordinator.reviewed');
  // A reviewer that fell over has confirmed nothing, whatever it said before.
  if (failure) return err({ ...failure, feedback: `The result could not be reviewed. ${failure.feedback}` });
  const durationMs = Math.round((performance.now() - start) / criteria.length);
  const outcomes = [...found].map(([index, { holds, evidence }]): [number, CriterionOutcome] => {
    const proof = { kind: 'review', reviewer, commit, evidence } as const;
    return [index, holds ? { kind: 'proved', proof, durationMs } : { kind: 'failed', message: evidence }];
  });
  return ok(new Map(outcomes));
}
