import type { Clock } from '../primitives/clock.js';
import { failpoint } from '../primitives/failpoint.js';
import { elapsedMs } from '../state/selectors.js';
import { branchMove } from './branches.js';
import type { StopReason } from './control.js';
import { moveRefs, type Settlement } from './settle.js';

/** All that can be done is done. */
export async function recordCompleted(settlement: Settlement, clock: Clock): Promise<void> {
  const { journal, plan, branch, status } = settlement;
  await status.catchUp();
  const { state } = journal;
  const success = plan.prd.stories.every((story) => state.stories.get(story.id)?.status === 'completed');
  const behind = await followBranch(settlement);
  failpoint('coordinator.branch-followed');
  await journal.record('prd.completed', {
    success,
    status: success ? 'completed' : 'failed',
    completed_stories: state.counts.completed,
    failed_stories: state.counts.failed,
    total_stories: state.counts.total,
    duration_ms: elapsedMs(state, clock.now()),
    branch,
    ...(state.tip !== undefined && { tip: state.tip }),
    ...(behind !== undefined && { branch_behind: behind }),
  });
  failpoint('coordinator.run-completed');
}

/** The branch may have become free since the last story. Answers why it stays behind, if it does. */
async function followBranch({ plan, branch, journal, ...settlement }: Settlement): Promise<string | undefined> {
  const { tip } = journal.state;
  if (tip === undefined) return undefined;
  const move = await branchMove(plan, branch, tip);
  switch (move.kind) {
    case 'there':
      return undefined;
    case 'stays':
      return move.why;
    case 'move': {
      const moved = await moveRefs({ plan, branch, journal, ...settlement }, [move.update]);
      return moved.ok ? undefined : moved.error.stderr;
    }
  }
}

/** The run ends because a ceiling of its own is reached; raised, it goes on. */
export async function recordSpent({ journal, status }: Settlement, why: string): Promise<void> {
  await status.catchUp();
  await journal.record('prd.stopped', { reason: `${why}. Raise it to go on` });
}

/** Nothing more can be done without a person's answer; with it, the run goes on. */
export async function recordWaiting({ journal, status }: Settlement, why: string): Promise<void> {
  await status.catchUp();
  await journal.record('prd.stopped', { reason: why });
}

/** The run ends before it is through. */
export async function recordStopped({ plan, journal, status }: Settlement, reason: StopReason): Promise<void> {
  if (reason !== 'lost' && reason !== 'journal') await status.catchUp();
  switch (reason) {
    case 'stop':
      await journal.record('prd.stopped', { reason: 'Stopped on request' });
      return;
    case 'signal':
      await journal.record('prd.stopped', { reason: 'The coordinator was told to end' });
      return;
    case 'run-timeout':
      await journal.record('prd.stopped', {
        reason: `The run took longer than ${plan.config.runTimeout} s (runTimeout)`,
      });
      return;
    case 'cancel':
      await journal.record('prd.cancelled', {});
      return;
    // The journal is somebody else's, or cannot be written: nothing may be said any more.
    case 'lost':
    case 'journal':
      return;
  }
}
