import type { AttemptContext } from '../attempt/attemptContext.js';
import { stopped, type AttemptFailure } from '../attempt/attemptFailure.js';
import { worktreeFiles } from '../attempt/worktreeFiles.js';
import { gitText, type GitFailure } from '../git/git.js';
import {
  recommit,
  treeOfWorktree,
  type SnapshotCommit,
  type WorktreeContents,
  type WorktreeTree,
} from '../git/snapshot.js';
import { stagedFiles, stageWorktree } from '../git/stage.js';
import { err, ok, type Result } from '../primitives/result.js';
import { inTurn } from '../session/repositoryTurns.js';

/** Puts all that an attempt changed into its worktree's own index, as before a commit: hooks look there. */
export async function stageAttempt(context: AttemptContext): Promise<Result<void, AttemptFailure>> {
  const staged = await stageWorktree(contentsOf(context));
  return staged.ok ? staged : err({ reason: 'git-failed', feedback: gitText(staged.error) });
}

/**
 * Lets `judge` run the hook in its turn, on everything the attempt changed: what tools of hooks keep in a repository, as in
 * its stash, is not made for several at a time.
 */
export async function runHook<Judged>(
  context: AttemptContext,
  snapshot: SnapshotCommit,
  judge: () => Promise<Judged>,
): Promise<Result<{ readonly judged: Judged; readonly snapshot: SnapshotCommit }, AttemptFailure>> {
  const { plan, signal } = context;
  const act = async (): ReturnType<typeof runHook<Judged>> => {
    const ready = await stageAttempt(context);
    if (!ready.ok) return ready;
    const judged = await judge();
    const changed = await withHookChanges(context, snapshot);
    return changed.ok ? ok({ judged, snapshot: changed.value }) : changed;
  };
  return (await inTurn(plan.repository.commonDir, 'hooks', act, signal)) ?? err(stopped(signal));
}

/** The attempt's commit with what a hook made of its files, as a formatter does; the same one where it changed nothing. */
async function withHookChanges(
  context: AttemptContext,
  snapshot: SnapshotCommit,
): Promise<Result<SnapshotCommit, AttemptFailure>> {
  const { repository } = context.plan;
  const now = await treeWithHookChanges(context, snapshot);
  if (!now.ok) return err({ reason: 'git-failed', feedback: gitText(now.error) });
  const { tree, files } = now.value;
  if (tree === snapshot.tree) return ok(snapshot);
  if (files.length === 0) return err({ reason: 'no-changes', feedback: 'The pre-commit hook left no change.' });
  const parent = context.base;
  const made = await recommit(repository.root, snapshot, { tree, parent, files }, repository.identity);
  return made.ok ? made : err({ reason: 'git-failed', feedback: gitText(made.error) });
}

/** What a hook changes and neither the attempt changed nor the hook staged is in no commit: reports, caches, other files. */
async function treeWithHookChanges(
  context: AttemptContext,
  { files }: SnapshotCommit,
): Promise<Result<WorktreeTree, GitFailure>> {
  const contents = contentsOf(context);
  const now = await treeOfWorktree(contents);
  if (!now.ok) return now;
  const staged = await stagedFiles(contents);
  if (!staged.ok) return staged;
  const meant = new Set([...files, ...staged.value]);
  const others = now.value.files.filter((file) => !meant.has(file));
  return others.length === 0 ? now : treeOfWorktree({ ...contents, keep: [...contents.keep, ...others] });
}

function contentsOf(context: AttemptContext): WorktreeContents {
  const { plan, worktree, base, copied } = context;
  return { ...worktreeFiles(context, worktree), base, keep: [plan.prdPath], foreign: copied };
}
