import { ok, type Result } from '../primitives/result.js';
import { git, gitText, type GitFailure } from './git.js';
import { canMergeTrees, mergeTrees } from './rebase.js';
import { line } from './repository.js';

/** What became of the wish to have a result in one's own branch. Unless it was merged, nothing has changed. */
export type MergeEnd =
  | { readonly kind: 'merged'; readonly branch: string; readonly from: string; readonly to: string }
  /** The branch has all of it already. */
  | { readonly kind: 'there'; readonly branch: string }
  | { readonly kind: 'conflicts'; readonly branch: string; readonly files: readonly string[] }
  | { readonly kind: 'refused'; readonly why: string };

/**
 * Merges a commit into the branch that is checked out, as a person would: fast-forward where that is possible. Nothing is
 * left half done: what would conflict is seen before, and git refuses by itself to overwrite uncommitted work.
 */
export async function mergeResult(
  root: string,
  commit: string,
  message: string,
): Promise<Result<MergeEnd, GitFailure>> {
  const head = await git(root, ['rev-parse', '--verify', 'HEAD']);
  if (!head.ok) return head;
  const from = line(head.value);
  const symbolic = await git(root, ['symbolic-ref', '--quiet', '--short', 'HEAD'], { answers: [1] });
  if (!symbolic.ok) return symbolic;
  const branch = line(symbolic.value);
  if (branch === '') return refused('No branch is checked out. Switch to the one that should have the result.');
  if ((await git(root, ['merge-base', '--is-ancestor', commit, from])).ok) return ok({ kind: 'there', branch });
  const isForward = (await git(root, ['merge-base', '--is-ancestor', from, commit])).ok;
  const special = await specialSettings(root, isForward);
  if (special !== undefined) return refused(`${special} Merge it yourself: git merge ${commit}`);
  if (!isForward && (await canMergeTrees(root))) {
    const merged = await mergeTrees(root, from, commit);
    if (!merged.ok) return merged;
    if (merged.value.conflicts.length > 0) return ok({ kind: 'conflicts', branch, files: merged.value.conflicts });
  }
  const merging = await git(root, ['merge', '--no-edit', '--message', message, commit]);
  if (!merging.ok) {
    if (!isForward) await git(root, ['merge', '--abort']);
    return refused(gitText(merging.error));
  }
  const now = await git(root, ['rev-parse', '--verify', 'HEAD']);
  return now.ok ? ok({ kind: 'merged', branch, from, to: line(now.value) }) : now;
}

/** Takes a merge back, as long as nothing came after it; uncommitted work stays. */
export async function undoMerge(
  root: string,
  { from, to }: Pick<Extract<MergeEnd, { kind: 'merged' }>, 'from' | 'to'>,
): Promise<Result<void, string>> {
  const head = await git(root, ['rev-parse', '--verify', 'HEAD']);
  if (!head.ok) return { ok: false, error: gitText(head.error) };
  if (line(head.value) !== to) return { ok: false, error: 'The branch has gone on since; nothing was undone.' };
  const reset = await git(root, ['reset', '--quiet', '--keep', from]);
  return reset.ok ? ok(undefined) : { ok: false, error: gitText(reset.error) };
}

/** Settings of the user that matter to a merge, and that our git leaves out. */
async function specialSettings(root: string, isForward: boolean): Promise<string | undefined> {
  const isOn = async (name: string): Promise<boolean> => {
    const asked = await git(root, ['config', '--type=bool', '--get-all', name], { answers: [1] });
    // The last but one: the last is our own, from the command line.
    return asked.ok && asked.value.trim().split('\n').slice(0, -1).at(-1) === 'true';
  };
  if (await isOn('core.sparseCheckout')) return 'This checkout is sparse, which only your own git can see to.';
  if (!isForward && (await isOn('commit.gpgsign'))) return 'Your commits are signed, which only you can do.';
  return undefined;
}

const refused = (why: string): Result<MergeEnd, never> => ok({ kind: 'refused', why });
