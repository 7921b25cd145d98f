import { copyFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { err, ok, type Result } from '../primitives/result.js';
import { git, gitFailure, type GitFailure } from './git.js';
import { addEverything, WHOLE, type WorktreeContents } from './snapshot.js';
import { withWorktreeGit } from './worktreeGit.js';
import { gitFileOf, worktreeGitDir } from './worktreeGitDir.js';

/**
 * Makes a worktree of ours what a hook takes for granted: `base` is checked out there, and all that differs from it is
 * staged. Its `.git`, HEAD and index are written anew: an agent may have broken them, and git would then take those of the
 * user's checkout. So is what only this worktree would be configured by.
 */
export async function stageWorktree(contents: WorktreeContents): Promise<Result<void, GitFailure>> {
  const { commonDir } = contents;
  const gitDir = await worktreeGitDir(commonDir, contents.worktree);
  if (gitDir === undefined) {
    return err(gitFailure(['add', '--all'], `${contents.worktree} is no worktree of ${commonDir} any more`));
  }
  return withWorktreeGit(contents, async (run, indexFile) => {
    await addEverything(run, contents);
    await replace(path.join(contents.worktree, '.git'), gitFileOf(gitDir));
    await replace(path.join(gitDir, 'HEAD'), `${contents.base}\n`);
    for (const old of ['index', 'index.lock', 'config.worktree'])
      await rm(path.join(gitDir, old), { recursive: true, force: true });
    await copyFile(indexFile, path.join(gitDir, 'index'));
  });
}

/** What differs from `base` in the worktree's own index by now. */
export async function stagedFiles({
  worktree,
  commonDir,
  base,
}: WorktreeContents): Promise<Result<readonly string[], GitFailure>> {
  const args = ['diff-index', '--cached', '-z', '--name-only', ...WHOLE, base];
  const gitDir = await worktreeGitDir(commonDir, worktree);
  if (gitDir === undefined) return err(gitFailure(args, `${worktree} is no worktree of ${commonDir} any more`));
  const listed = await git(worktree, [`--git-dir=${gitDir}`, `--work-tree=${worktree}`, ...args]);
  return listed.ok ? ok(listed.value.split('\0').filter((file) => file !== '')) : listed;
}

/** Whatever is there, a link to elsewhere too, is gone first. */
async function replace(file: string, content: string): Promise<void> {
  await rm(file, { recursive: true, force: true });
  await writeFile(file, content, { flag: 'wx' });
}
