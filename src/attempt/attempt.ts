import type { CriterionClaim } from '../agents/agent.js';
import { AskDesk, type Question } from '../agents/askTool.js';
import { ReportDesk } from '../agents/reportTool.js';
import type { SnapshotCommit } from '../git/snapshot.js';
import { failpoint } from '../primitives/failpoint.js';
import { err, ok, type Result } from '../primitives/result.js';
import { recordClaim, recordQuestion } from './agentProgress.js';
import type { AttemptContext } from './attemptContext.js';
import { stopped, type AttemptFailure } from './attemptFailure.js';
import { runAgent, type AgentRun } from './runAgent.js';
import { setUp } from './setUp.js';

/** Saves what the worktree holds as a commit and a ref; called before anything is judged. */
export type SaveAttempt = (context: AttemptContext) => Promise<Result<SnapshotCommit, AttemptFailure>>;

/** A test that an agent named for a criterion. A claim only; it counts when we see it go from red to green. */
export type Claim = Pick<CriterionClaim, 'acIndex' | 'test'>;

/** What an agent made, not judged yet. */
export interface Attempted {
  readonly snapshot: SnapshotCommit;
  readonly claims: readonly Claim[];
}

/** One attempt in its worktree: set-up → agent → saved as a ref. Answers the commit that is to be judged. */
export async function runAttempt(
  context: AttemptContext,
  prompt: string,
  save: SaveAttempt,
): Promise<Result<Attempted, AttemptFailure>> {
  const prepared = await setUp(context, { cwd: context.worktree, output: 'setup' });
  if (!prepared.ok) return prepared;
  failpoint('coordinator.set-up');
  const { failure, claims, asked, silent } = await implement(context, prompt);
  failpoint('coordinator.agent-recorded');
  const saved = await save(context);
  failpoint('coordinator.attempt-saved');
  // What is not safe comes first, whatever else came of it.
  if (!saved.ok) return saved;
  const { signal } = context;
  if (signal.aborted) return err(stopped(signal));
  // Whatever else came of it: it goes on with the answer.
  if (asked !== undefined) return err({ reason: 'question', feedback: asked });
  if (failure) return err({ ...failure, silent });
  if (saved.value.files.length === 0) {
    return err({ reason: 'no-changes', feedback: 'The attempt changed no file.', silent });
  }
  return ok({ snapshot: saved.value, claims });
}

/** The agent's own work, and what it claims and asks meanwhile. `asked`: the first question. */
async function implement(
  context: AttemptContext,
  prompt: string,
): Promise<AgentRun & { readonly claims: readonly Claim[]; readonly asked: string | undefined }> {
  const { run, journal, story, attempt, agent, model } = context;
  const criteria = story.criteria.map(({ index }) => index);
  const claims: Claim[] = [];
  const recorded: Promise<void>[] = [];
  const kept = (recording: Promise<void>): Promise<void> => {
    // Awaited below, too; a lost journal must not surface as an unhandled rejection meanwhile.
    recording.catch(() => {});
    recorded.push(recording);
    return recording;
  };
  const claimed = (claim: CriterionClaim): Promise<void> => {
    claims.push(claim);
    return kept(recordClaim(context, claim));
  };
  let questions = journal.state.stories.get(story.id)?.questions?.length ?? 0;
  const askDesk = new AskDesk((question: Question) => kept(recordQuestion(context, `Q-${(questions += 1)}`, question)));
  const ran = await runAgent(context, {
    ...{ role: 'implementer', agent, model, prompt },
    promptFile: run.prompt(story.id, attempt),
    transcript: run.transcript(story.id, attempt),
    cwd: context.worktree,
    desks: [new ReportDesk(criteria, claimed), askDesk],
    onSaid: (said) => {
      if (said.kind === 'claim' && criteria.includes(said.acIndex)) void claimed(said);
    },
  });
  await Promise.all(recorded);
  return { ...ran, claims, asked: askDesk.asked };
}
