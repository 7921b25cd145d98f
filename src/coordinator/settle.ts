import { attemptRef, fenceRef, readRef, tipRef, updateRefs, type RefUpdate } from '../git/fencedRefs.js';
import { changeOf } from '../git/change.js';
import type { GitFailure } from '../git/git.js';
import type { SnapshotCommit } from '../git/snapshot.js';
import type { Story } from '../prd/prd.js';
import { failpoint } from '../primitives/failpoint.js';
import { ok, type Result } from '../primitives/result.js';
import type { RunPaths } from '../session/paths.js';
import { branchMove } from './branches.js';
import type { RunPlan } from '../plan/plan.js';
import type { PrdStatus } from './prdStatus.js';
import type { RunJournal } from '../journal/runJournal.js';
import type { SettingsGuard } from './settingsGuard.js';

/** What moving refs and settling stories needs; the same for a fresh and a resumed run. */
export interface Settlement {
  readonly plan: RunPlan;
  readonly runId: string;
  readonly run: RunPaths;
  readonly journal: RunJournal;
  readonly status: PrdStatus;
  readonly guard: SettingsGuard;
  readonly branch: string;
  readonly term: number;
  /** Oid of the fence as this term raised it. */
  readonly fence: string;
}

/** Moves refs of this PRD, provided that this term's fence still stands. */
export function moveRefs(settlement: Settlement, updates: readonly RefUpdate[]): Promise<Result<void, GitFailure>> {
  const { plan, fence } = settlement;
  return updateRefs(plan.repository.root, { ref: fenceRef(plan.prdId), oid: fence }, updates);
}

/** Keeps what an attempt left as a ref, before anything of it is removed. */
export async function saveAttempt(
  settlement: Settlement,
  storyId: string,
  attempt: number,
  snapshot: SnapshotCommit,
): Promise<Result<void, GitFailure>> {
  const ref = attemptRef(settlement.runId, storyId, attempt);
  const moved = await moveRefs(settlement, [{ ref, to: snapshot.commit, from: undefined }]);
  // A crash between the ref and its record leaves the ref: the same worktree was saved then.
  const commit = moved.ok ? snapshot.commit : await readRef(settlement.plan.repository.root, ref);
  if (commit === undefined) return moved;
  failpoint('coordinator.attempt-ref-made');
  const change = await changeOf(settlement.plan.repository.root, commit);
  await settlement.journal.record(
    'attempt.saved',
    // What cannot be compared is saved all the same.
    { story_id: storyId, attempt, ref, commit_hash: commit, ...(change.ok && change.value) },
    { storyId },
  );
  return ok(undefined);
}

/**
 * Makes a checked commit the run's tip: journalled before (commit.created), done in one fenced transaction, journalled
 * after (merge.completed). A resume finds out between the two whether the transaction happened.
 */
export async function advanceTip(
  settlement: Settlement,
  storyId: string,
  commit: string,
  tip: string,
): Promise<Result<void, GitFailure>> {
  const { plan, runId, branch, journal } = settlement;
  const ref = tipRef(runId);
  const move = await branchMove(plan, branch, commit, tip);
  const tipUpdate = { ref, to: commit, from: tip };
  failpoint('coordinator.tip-unmoved');
  let branchMoved = move.kind === 'there';
  if (move.kind === 'move') branchMoved = (await moveRefs(settlement, [tipUpdate, move.update])).ok;
  if (!branchMoved || move.kind === 'there') {
    const moved = await moveRefs(settlement, [tipUpdate]);
    // A git that was ended may have moved it before.
    if (!moved.ok && (await readRef(plan.repository.root, ref)) !== commit) return moved;
  }
  failpoint('coordinator.tip-moved');
  await journal.record(
    'merge.completed',
    { story_id: storyId, commit_hash: commit, ref, branch_moved: branchMoved },
    { storyId },
  );
  failpoint('coordinator.merge-recorded');
  return ok(undefined);
}

/** After the tip: the PRD file's status, then the story's end. Each step may be repeated without harm. */
export async function completeStory(
  settlement: Settlement,
  story: Pick<Story, 'id'>,
  startedAt: string | undefined,
): Promise<void> {
  const { journal } = settlement;
  await settlement.status.catchUp();
  failpoint('coordinator.prd-recorded');
  const about = { storyId: story.id };
  const commits = journal.state.stories.get(story.id)?.commits ?? [];
  await journal.record(
    'story.status',
    { story_key: story.id, old_status: 'in_progress', new_status: 'completed' },
    about,
  );
  await journal.record(
    'story.completed',
    {
      story_id: story.id,
      success: true,
      status: 'completed',
      commits,
      ...(startedAt !== undefined && { duration_ms: Math.max(0, Date.now() - Date.parse(startedAt)) }),
    },
    about,
  );
  failpoint('coordinator.story-completed');
}
