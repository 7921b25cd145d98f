import { openRepository } from '../../src/git/repository.js';
import { addWorktree, removeWorktree } from '../../src/git/worktrees.js';

/** Makes so many worktrees at once, removes them, and says what failed. */
async function main([root = '', runId = '', count = '']: readonly string[]): Promise<void> {
  const opened = await openRepository(root);
  if (!opened.ok) throw new Error(opened.error.message);
  const repository = opened.value;
  const failures: string[] = [];
  await new Promise((resolve) => process.stdin.once('data', resolve));
  await Promise.all(
    Array.from({ length: Number(count) }, async (_, index) => {
      const added = await addWorktree(repository, runId, `US-${index}`, repository.head);
      const removed = added.ok ? await removeWorktree(repository, added.value) : added;
      for (const result of [added, removed]) if (!result.ok) failures.push(result.error.stderr);
    }),
  );
  process.stdout.write(`${JSON.stringify({ failures })}\n`);
  process.stdin.destroy();
}

void main(process.argv.slice(2));
