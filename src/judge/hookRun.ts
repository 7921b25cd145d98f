import type { AttemptContext } from '../attempt/attemptContext.js';
import type { AttemptFailure } from '../attempt/attemptFailure.js';
import { gitText } from '../git/git.js';
import { recommit } from '../git/rebase.js';
import { treeOfWorktree, type SnapshotCommit, type WorktreeContents } from '../git/snapshot.js';
import { stageWorktree } from '../git/stage.js';
import { err, ok, type Result } from '../primitives/result.js';

/** Puts all that an attempt changed into its worktree's own index, as before a commit: hooks look there. */
export async function stageAttempt(context: AttemptContext): Promise<Result<void, AttemptFailure>> {
  const staged = await stageWorktree(context.plan.repository, contentsOf(context));
  return staged.ok ? staged : err({ reason: 'git-failed', feedback: gitText(staged.error) });
}

/** The attempt's commit with what a hook made of its files, as a formatter does; the same one where it changed nothing. */
export async function withHookChanges(
  context: AttemptContext,
  snapshot: SnapshotCommit,
): Promise<Result<SnapshotCommit, AttemptFailure>> {
  const { repository } = context.plan;
  const now = await treeOfWorktree(contentsOf(context));
  if (!now.ok) return err({ reason: 'git-failed', feedback: gitText(now.error) });
  const { tree, files } = now.value;
  if (tree === snapshot.tree) return ok(snapshot);
  if (files.length === 0) return err({ reason: 'no-changes', feedback: 'The pre-commit hook left no change.' });
  const parent = context.base;
  const made = await recommit(repository.root, snapshot.commit, { tree, parent }, repository.identity);
  if (!made.ok) return err({ reason: 'git-failed', feedback: gitText(made.error) });
  return ok({ commit: made.value, tree, files });
}

function contentsOf({ plan, run, worktree, base, copied }: AttemptContext): WorktreeContents {
  return { worktree, base, keep: [plan.prdPath], foreign: copied, scratch: run.scratch };
}
