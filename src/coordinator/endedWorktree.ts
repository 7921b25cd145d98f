import { existsSync } from 'node:fs';
import { gitText } from '../git/git.js';
import { removeWorktree, setWorktreeAside, unsavedFolder } from '../git/worktrees.js';
import { err, ok, type Result } from '../primitives/result.js';
import type { Settlement } from './settle.js';

/** Removes the worktree of an attempt of which nothing is unsaved. What stays all the same, as another user's files, is told. */
export async function clearAway(settlement: Settlement, storyId: string, worktree: string): Promise<void> {
  const removed = await removeWorktree(settlement.plan.repository, worktree);
  if (removed.ok) return;
  await warn(settlement, storyId, `A worktree that is not needed any more stays. ${gitText(removed.error)}`);
}

/**
 * What an attempt left and git cannot save is not removed: its worktree is moved to where nothing of ours deletes it. That
 * is told before, so that a crash leaves nobody without the word. The error says where the files still are.
 */
export async function setAside(
  settlement: Settlement,
  storyId: string,
  worktree: string,
): Promise<Result<void, string>> {
  const { repository } = settlement.plan;
  if (!existsSync(worktree)) {
    // An agent may have removed it.
    await clearAway(settlement, storyId, worktree);
    return ok(undefined);
  }
  const to = unsavedFolder(repository, worktree);
  const move = `Its files are moved from ${worktree} to ${to}.`;
  await warn(settlement, storyId, `What the attempt left could not be saved as a commit. ${move}`);
  const moved = await setWorktreeAside(repository, worktree);
  if (moved.ok) return ok(undefined);
  const obstacle = `What ${storyId} left is still in ${worktree}, and nowhere else. ${gitText(moved.error)}`;
  await warn(settlement, storyId, obstacle);
  return err(obstacle);
}

async function warn({ journal }: Settlement, storyId: string, message: string): Promise<void> {
  await journal.record('log.message', { level: 'warn', message }, { storyId, severity: 'warn' });
}
