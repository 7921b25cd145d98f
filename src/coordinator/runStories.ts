import { blockedStories, readyStories } from '../prd/storyGraph.js';
import type { StoryStatus } from '../events/catalogue.js';
import type { Clock } from '../primitives/clock.js';
import { failpoint } from '../primitives/failpoint.js';
import { elapsedMs, progressPercent, remainingMs } from '../state/selectors.js';
import { AgentLimits } from './agentLimits.js';
import { branchMove } from './branches.js';
import type { Control, StopReason } from './control.js';
import { moveRefs, type Settlement } from './settle.js';
import { StoryRun } from './storyRun.js';

/**
 * The loop: the next ready story, until none is left or the run has to end; then the run's last word. Answers why it cannot go
 * on, if that is so: then that word is not said.
 */
export async function runStories(settlement: Settlement, control: Control, clock: Clock): Promise<string | undefined> {
  const { plan, journal } = settlement;
  const statusOf = (id: string): StoryStatus => journal.state.stories.get(id)?.status ?? 'open';
  const whilePaused = (): Promise<void> => pause(settlement, control);
  const limits = new AgentLimits(settlement, control, clock, whilePaused);
  for (;;) {
    await whilePaused();
    if (control.stopReason !== undefined) {
      await stopped(settlement, control.stopReason);
      return undefined;
    }
    const begun = plan.prd.stories.find((story) => statusOf(story.id) === 'in_progress');
    const next = begun ?? readyStories(plan.prd.stories, statusOf)[0];
    if (!next) break;
    const obstacle = await new StoryRun(settlement, control, next, whilePaused, limits).run();
    if (obstacle !== undefined) return obstacle;
    await progress(settlement, clock);
    failpoint('coordinator.progress-recorded');
  }
  for (const [id] of blockedStories(plan.prd.stories, statusOf)) {
    const old = statusOf(id);
    if (old === 'blocked') continue;
    await journal.record(
      'story.status',
      { story_key: id, old_status: old, new_status: 'blocked', reason: 'dependency-failed' },
      { storyId: id },
    );
  }
  await completed(settlement, clock);
  return undefined;
}

/** Takes a pause that was asked for: journalled when it takes effect and when it is over. */
async function pause(settlement: Settlement, control: Control): Promise<void> {
  if (!control.pauseWanted || control.stopReason !== undefined) return;
  await settlement.journal.record('prd.paused', {});
  // The stop that may end the pause is seen by the loop.
  if (await control.whilePaused()) await settlement.journal.record('prd.resumed', {});
}

async function progress(settlement: Settlement, clock: Clock): Promise<void> {
  const { journal } = settlement;
  const { state } = journal;
  const remaining = remainingMs(state, clock.now());
  await journal.record('run.progress', {
    progress: progressPercent(state),
    current_story: state.currentStory ?? null,
    completed_stories: state.counts.completed,
    total_stories: state.counts.total,
    estimated_remaining_s: remaining === undefined ? null : Math.round(remaining / 1_000),
  });
}

async function completed(settlement: Settlement, clock: Clock): Promise<void> {
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

async function stopped({ journal, status }: Settlement, reason: StopReason): Promise<void> {
  if (reason !== 'lost' && reason !== 'journal') await status.catchUp();
  switch (reason) {
    case 'stop':
      await journal.record('prd.stopped', { reason: 'Stopped on request' });
      return;
    case 'signal':
      await journal.record('prd.stopped', { reason: 'The coordinator was told to end' });
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
