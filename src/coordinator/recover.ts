import { rm } from 'node:fs/promises';
import { worktreeFiles } from '../attempt/worktreeFiles.js';
import { gitText } from '../git/git.js';
import { readRef, tipRef } from '../git/fencedRefs.js';
import { commitWorktree } from '../git/snapshot.js';
import { listWorktrees, removeWorktree, removeWorktreeRecords } from '../git/worktrees.js';
import { failpoint } from '../primitives/failpoint.js';
import { err, ok, type Result } from '../primitives/result.js';
import { removeLeftovers } from '../session/atomicFile.js';
import type { AttemptState, StoryState } from '../state/runState.js';
import { setAside } from './endedWorktree.js';
import { moveRefs, advanceTip, completeStory, saveAttempt, type Settlement } from './settle.js';

/**
 * Brings git and the journal to one state at the start of a term: every step that an older term began is finished, or
 * saved and given up, exactly once. The journal says what was begun; git says what happened.
 */
export async function recover(settlement: Settlement): Promise<Result<void, string>> {
  await removeLeftovers(settlement.plan.prdFile);
  await rm(settlement.run.scratch, { recursive: true, force: true });
  const tip = await recoverTip(settlement);
  if (!tip.ok) return tip;
  failpoint('coordinator.tip-recovered');
  // Also what the PRD does not have any more: its worktree goes, too.
  for (const state of [...settlement.journal.state.stories.values()]) {
    if (state.status !== 'in_progress' && openAttempts(state).length === 0) continue;
    const recovered = await recoverStory(settlement, state);
    if (!recovered.ok) return recovered;
    failpoint('coordinator.story-recovered');
  }
  await settlement.status.catchUp();
  const { plan, runId } = settlement;
  for (const worktree of await listWorktrees(plan.repository, runId)) {
    await removeWorktree(plan.repository, worktree);
    failpoint('coordinator.leftover-removed');
  }
  await removeWorktreeRecords(plan.repository, runId);
  return ok(undefined);
}

/** The tip is where the journal says, or one settled commit further; anything else is somebody else's doing. */
async function recoverTip(settlement: Settlement): Promise<Result<void, string>> {
  const { plan, runId, journal } = settlement;
  const ref = tipRef(runId);
  const expected = journal.state.tip;
  if (expected === undefined) throw new Error('Internal error: a run without a tip');
  const actual = await readRef(plan.repository.root, ref);
  const pending = [...journal.state.stories.values()].flatMap((story) => story.pendingCommit ?? []);
  if (actual === expected || (actual !== undefined && pending.includes(actual))) return ok(undefined);
  if (actual !== undefined) {
    return err(
      `${ref} was moved to ${actual} by something else; expected ${expected}. Put it back, or start with --fresh.`,
    );
  }
  const created = await moveRefs(settlement, [{ ref, to: expected, from: undefined }]);
  return created.ok ? ok(undefined) : err(gitText(created.error));
}

async function recoverStory(settlement: Settlement, state: StoryState): Promise<Result<void, string>> {
  const { plan, runId, journal } = settlement;
  const pending = state.pendingCommit;
  if (pending !== undefined) {
    const tip = await readRef(plan.repository.root, tipRef(runId));
    if (tip === undefined) return err(`${tipRef(runId)} is gone`);
    const parent = await readRef(plan.repository.root, `${pending}~`);
    if (tip === pending) {
      await journal.record(
        'merge.completed',
        { story_id: state.id, commit_hash: pending, ref: tipRef(runId) },
        { storyId: state.id },
      );
    } else if (parent === tip) {
      const advanced = await advanceTip(settlement, state.id, pending, tip);
      if (!advanced.ok) return err(gitText(advanced.error));
    }
  }
  failpoint('coordinator.pending-settled');
  const done = state.commits.length > 0;
  for (const open of openAttempts(state)) {
    if (!done) {
      const saved = await salvage(settlement, state, open);
      if (!saved.ok) return saved;
      failpoint('coordinator.salvaged');
    }
    await journal.record(
      'context.completed',
      { story_id: state.id, attempt: open.attempt, success: done, ...(!done && { reason: 'interrupted' as const }) },
      { storyId: state.id },
    );
  }
  failpoint('coordinator.interruption-recorded');
  if (done) await completeStory(settlement, state, state.startedAt);
  return ok(undefined);
}

const openAttempts = ({ attempts }: StoryState): AttemptState[] =>
  attempts.filter(({ endedAt }) => endedAt === undefined);

/** What an interrupted attempt left in its worktree becomes a ref before the worktree goes, or stays as files. */
async function salvage(
  settlement: Settlement,
  story: Pick<StoryState, 'id' | 'title'>,
  { attempt, base, worktree, copied = [], ref }: AttemptState,
): Promise<Result<void, string>> {
  const { plan, runId } = settlement;
  const worktrees = await listWorktrees(plan.repository, runId);
  if (ref !== undefined || base === undefined || worktree === undefined || !worktrees.includes(worktree))
    return ok(undefined);
  const snapshot = await commitWorktree({
    ...worktreeFiles(settlement, worktree),
    base,
    keep: [plan.prdPath],
    foreign: copied,
    message: `${story.id}: ${story.title} (interrupted)`,
    trailers: {
      'Run-Id': runId,
      'Story-Id': story.id,
      Attempt: String(attempt),
      Term: String(settlement.term),
    },
    identity: plan.repository.identity,
  });
  if (snapshot.ok && snapshot.value.files.length === 0) return ok(undefined);
  const saved = snapshot.ok ? await saveAttempt(settlement, story.id, attempt, snapshot.value) : snapshot;
  if (saved.ok) return saved;
  const aside = await setAside(settlement, story.id, worktree);
  return aside.ok ? aside : err(`${gitText(saved.error)}\n${aside.error}`);
}
