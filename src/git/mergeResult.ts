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
  const begun = await unfinished(root);
  if (begun !== undefined) return refused(`${begun} Finish it, or give it up, then merge again.`);
  const isForward = (await git(root, ['merge-base', '--is-ancestor', from, commit])).ok;
  const special = await specialSettings(root, isForward);
  if (special !== undefined) return refused(`${special} Merge it yourself: git merge ${commit}`);
  if (!isForward && (await canMergeTrees(root))) {
    const merged = await mergeTrees(root, from, commit);
    if (!merged.ok) return merged;
    if (merged.value.conflicts.length > 0) return ok({ kind: 'conflicts', branch, files: merged.value.conflicts });
  }
  // What the user's configuration says of their own merges is not meant here.
  const options = ['--no-edit', '--ff', '--commit', '--no-squash', '--message', message];
  const merging = await git(root, ['merge', ...options, commit]);
  if (!merging.ok) {
    // Nothing was begun before, so this is ours.
    if ((await unfinished(root)) !== undefined) await git(root, ['merge', '--abort']);
    return refused(gitText(merging.error));
  }
  const now = await git(root, ['rev-parse', '--verify', 'HEAD']);
  return now.ok ? ok({ kind: 'merged', branch, from, to: line(now.value) }) : now;
}

/** Takes a merge back, as long as nothing came after it; uncommitted work stays. */
export async function undoMerge(
  root: string,
  { branch, from, to }: Omit<Extract<MergeEnd, { kind: 'merged' }>, 'kind'>,
): Promise<Result<void, string>> {
  const head = await git(root, ['rev-parse', '--verify', 'HEAD']);
  if (!head.ok) return { ok: false, error: gitText(head.error) };
  const symbolic = await git(root, ['symbolic-ref', '--quiet', '--short', 'HEAD'], { answers: [1] });
  if (line(head.value) !== to || !symbolic.ok || line(symbolic.value) !== branch) {
    return { ok: false, error: `${branch} has gone on since, or is not checked out; nothing was undone.` };
  }
  const reset = await git(root, ['reset', '--quiet', '--keep', from]);
  return reset.ok ? ok(undefined) : { ok: false, error: gitText(reset.error) };
}

/** What the user is in the middle of, which a merge would end. */
async function unfinished(root: string): Promise<string | undefined> {
  for (const [ref, name] of [
    ['MERGE_HEAD', 'a merge'],
    ['CHERRY_PICK_HEAD', 'a cherry-pick'],
    ['REVERT_HEAD', 'a revert'],
  ] as const) {
    if ((await git(root, ['rev-parse', '--quiet', '--verify', ref])).ok) return `You are in the middle of ${name}.`;
  }
  return undefined;
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
