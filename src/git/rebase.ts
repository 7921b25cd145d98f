import { ok, type Result } from '../primitives/result.js';
import { git, type GitFailure } from './git.js';
import { objectsApart, withWorktreeGit, type ObjectsApart, type WorktreeFiles } from './worktreeGit.js';

/** Two commits as one tree. Where they contradict each other its files hold both sides, with conflict markers. */
export interface MergedTree {
  readonly tree: string;
  /** Paths in which they contradict each other; empty: they fit. */
  readonly conflicts: readonly string[];
}

/** Whether this git can do what {@link mergeTrees} asks of it: 2.38 or newer. */
export async function canMergeTrees(cwd: string): Promise<boolean> {
  return (await mergeTrees(cwd, 'HEAD', 'HEAD')).ok;
}

/** Merges two commits without a worktree; nothing in the repository changes but its objects. */
export async function mergeTrees(
  cwd: string,
  ours: string,
  theirs: string,
  apart?: ObjectsApart,
): Promise<Result<MergedTree, GitFailure>> {
  const args = ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', ours, theirs];
  // 1: they contradict each other.
  const merged = await git(cwd, args, { answers: [1], env: apart ? objectsApart(apart) : {} });
  if (!merged.ok) return merged;
  const [tree = '', ...conflicts] = merged.value.split('\0').filter((part) => part !== '');
  return ok({ tree, conflicts });
}

/** Makes a worktree's files those of the tree `to`; what is neither in it nor in the tree `from` (ignored files) stays. */
export function checkOutTree(
  files: WorktreeFiles,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<Result<void, GitFailure>> {
  return withWorktreeGit(files, async (run) => {
    await run(['read-tree', from]);
    await run(['read-tree', '--reset', '-u', to]);
  });
}

/** Those of `files` in which conflict markers are left in `commit`. */
export async function unresolved(
  cwd: string,
  commit: string,
  files: readonly string[],
): Promise<Result<readonly string[], GitFailure>> {
  const args = ['grep', '--name-only', '-z', '-I', '-E', '-e', '^(<<<<<<<|>>>>>>>) ', commit, '--'];
  // 1: none.
  const found = await git(cwd, [...args, ...files.map((file) => `:(top,literal)${file}`)], { answers: [1] });
  if (!found.ok) return found;
  return ok(
    found.value
      .split('\0')
      .filter((part) => part !== '')
      .map((part) => part.slice(commit.length + 1)),
  );
}
