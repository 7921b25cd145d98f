import { failpoint } from '../primitives/failpoint.js';
import { unresolved } from '../git/rebase.js';
import { err, ok, type Result } from '../primitives/result.js';
import { stopped, type Attempted, type AttemptFailure } from './attempt.js';
import type { AttemptContext } from './attemptContext.js';
import { checksAreKept } from './checksKept.js';
import { runGates } from './gates.js';
import { Prover, type Claim } from './proof.js';

/**
 * Whether what lies in the worktree may become the run's tip: checks as strict as before, gates, then proof. What the agent says decides nothing; its
 * claims only name tests that are run here.
 */
export async function judge(
  context: AttemptContext,
  { snapshot, claims }: Attempted,
): Promise<Result<void, AttemptFailure>> {
  const resolved = await conflictsAreResolved(context, snapshot.commit);
  if (!resolved.ok) return resolved;
  const kept = await checksAreKept(context, snapshot.commit);
  if (!kept.ok) return kept;
  const gates = await runGates(context);
  if (!gates.ok) return gates;
  const proved = await proveCriteria(context, snapshot.commit, gates.value, claims);
  failpoint('coordinator.proofs-done');
  return proved;
}

/** An attempt that was given both sides of a conflict has to leave one. */
async function conflictsAreResolved(
  { plan, conflicts }: AttemptContext,
  commit: string,
): Promise<Result<void, AttemptFailure>> {
  if (conflicts.length === 0) return ok(undefined);
  const left = await unresolved(plan.repository.root, commit, conflicts);
  if (!left.ok) return err({ reason: 'git-failed', feedback: left.error.stderr });
  if (left.value.length === 0) return ok(undefined);
  return err({ reason: 'gate-failed', feedback: `Conflict markers are left in ${left.value.join(', ')}.` });
}

/** Tries to prove every criterion. One whose own check fails sends the attempt back; one that nothing can prove stays unproved. */
async function proveCriteria(
  context: AttemptContext,
  commit: string,
  gates: ReadonlySet<string>,
  claims: readonly Claim[],
): Promise<Result<void, AttemptFailure>> {
  const { journal, story, signal } = context;
  await using prover = new Prover(context, commit, gates);
  const failures: string[] = [];
  for (const criterion of story.criteria) {
    const outcome = await prover.prove(criterion, claims);
    if (signal.aborted) return err(stopped(signal));
    const about = { story_id: story.id, ac_index: criterion.index, ac_text: criterion.text };
    switch (outcome.kind) {
      case 'proved':
        await journal.record(
          'criterion.completed',
          { ...about, duration_ms: outcome.durationMs, proof: outcome.proof },
          { storyId: story.id },
        );
        failpoint('coordinator.proof-recorded');
        break;
      case 'failed':
        failures.push(`Criterion ${criterion.index} (${criterion.text}): ${outcome.message}`);
        await journal.record('criterion.failed', { ...about, message: outcome.message }, { storyId: story.id });
        break;
      case 'unproved':
        break;
    }
  }
  return failures.length === 0 ? ok(undefined) : err({ reason: 'criterion-failed', feedback: failures.join('\n\n') });
}
