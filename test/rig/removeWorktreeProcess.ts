import { openRepository } from '../../src/git/repository.js';
import { removeWorktree } from '../../src/git/worktrees.js';

/** Removes a worktree and says what was in the way. In a process of its own, which may have fewer rights than the tests. */
async function main([root = '', worktree = '']: readonly string[]): Promise<void> {
  const opened = await openRepository(root);
  if (!opened.ok) throw new Error(opened.error.message);
  const removed = await removeWorktree(opened.value, worktree);
  process.stdout.write(`${JSON.stringify({ obstacle: removed.ok ? null : removed.error.stderr })}\n`);
}

void main(process.argv.slice(2));
