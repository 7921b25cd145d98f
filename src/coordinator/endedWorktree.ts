import type { GitFailure } from '../git/git.js';
import { removeWorktree, setWorktreeAside, unsavedFolder } from '../git/worktrees.js';
import type { Result } from '../primitives/result.js';
import type { Settlement } from './settle.js';

/** Removes the worktree of an attempt that is saved. What stays all the same, as another user's files do, is told. */
export async function clearAway({ plan, journal }: Settlement, storyId: string, worktree: string): Promise<void> {
  const removed = await removeWorktree(plan.repository, worktree);
  if (removed.ok) return;
  const message = `A worktree could not be removed, and nothing of it is needed any more. ${removed.error.stderr.trim()}`;
  await journal.record('log.message', { level: 'warn', message }, { storyId, severity: 'warn' });
}

/**
 * What an attempt left and git cannot save is not removed: its worktree is moved to where nothing of ours deletes it. That
 * is told before, so that a crash leaves nobody without the word.
 */
export async function setAside(
  { plan, journal }: Settlement,
  storyId: string,
  worktree: string,
): Promise<Result<void, GitFailure>> {
  const where = unsavedFolder(plan.repository, worktree);
  const message = `What the attempt left could not be saved as a commit. Its files are moved to ${where}.`;
  await journal.record('log.message', { level: 'warn', message }, { storyId, severity: 'warn' });
  return setWorktreeAside(plan.repository, worktree);
}
