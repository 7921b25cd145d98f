import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { git } from './git.js';
import type { Repository } from './repository.js';
import { gitFileOf, worktreeGitDir } from './worktreeGitDir.js';

/**
 * Makes a worktree of ours what `commit` holds again, ignored files excepted. False: what ran there has broken its way to
 * the repository, and nothing else may be done with it than to remove it. Nothing of it is asked for that way, which could
 * lead into the user's own checkout, nor is any branch moved that somebody checked out there.
 */
export async function resetWorktree({ commonDir }: Repository, worktree: string, commit: string): Promise<boolean> {
  const gitDir = await worktreeGitDir(commonDir, worktree);
  if (gitDir === undefined) return false;
  const gitFile = await readFile(path.join(worktree, '.git'), 'utf8').catch(() => undefined);
  if (gitFile !== gitFileOf(gitDir)) return false;
  const own = [`--git-dir=${gitDir}`, `--work-tree=${worktree}`];
  const reset = await git(worktree, [...own, 'read-tree', '--reset', '-u', commit]);
  return reset.ok && (await git(worktree, [...own, 'clean', '--quiet', '-ffd'])).ok;
}
