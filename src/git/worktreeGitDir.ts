import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** Where git keeps what it knows of a worktree, asked of its own record and not of the worktree. */
export async function worktreeGitDir(commonDir: string, worktree: string): Promise<string | undefined> {
  const folder = path.join(commonDir, 'worktrees');
  for (const name of await readdir(folder).catch(() => [])) {
    const gitDir = path.join(folder, name);
    const file = await readFile(path.join(gitDir, 'gitdir'), 'utf8').catch(() => '');
    if (path.resolve(gitDir, file.trimEnd()) === path.join(worktree, '.git')) return gitDir;
  }
  return undefined;
}

/** What git finds its way from a worktree by: the content of its `.git`. */
export const gitFileOf = (gitDir: string): string => `gitdir: ${gitDir}\n`;
