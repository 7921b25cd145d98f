import type { StoryStatus } from '../events/catalogue.js';
import { blockedStories, readyStories } from '../prd/storyGraph.js';
import type { Story } from '../prd/prd.js';
import type { Clock } from '../primitives/clock.js';
import { failpoint } from '../primitives/failpoint.js';
import { waitingText } from '../state/questions.js';
import { progressPercent, remainingMs } from '../state/selectors.js';
import { AgentLimits } from './agentLimits.js';
import { Judge } from '../judge/judge.js';
import { RunBudget } from './budgets.js';
import type { Control } from './control.js';
import { Foresight } from './foresight.js';
import { MergeQueue } from './mergeQueue.js';
import { Pausing } from './pausing.js';
import { Places } from './places.js';
import { pickStories, type AtWork } from './pickStories.js';
import { PrdChanges } from './prdChanges.js';
import { recordCompleted, recordSpent, recordStopped, recordWaiting } from './runEnd.js';
import type { Settlement } from './settle.js';
import { settleRequests } from './storyRequests.js';
import { StoryRun } from './storyRun.js';
import { tellWaiting } from './waiting.js';
import { Waves } from './waves.js';
import { WorkerNumbers } from './workerNumbers.js';

export type StoriesEnd =
  /** The run's last word is said. */
  | { readonly kind: 'ended' }
  /** It is said, too: nothing more can be done without a person's answer. */
  | { readonly kind: 'waiting' }
  /** Why the run cannot go on: its last word is not said. */
  | { readonly kind: 'blocked'; readonly message: string };

/**
 * The loop: ready stories, as many at a time as there are workers, until none is left or the run has to end; then the run's
 * last word.
 */
export async function runStories(settlement: Settlement, control: Control, clock: Clock): Promise<StoriesEnd> {
  const { plan, journal } = settlement;
  const pausing = new Pausing(journal, control);
  const limits = new AgentLimits(settlement, control, clock, pausing);
  const budget = new RunBudget(settlement, limits);
  const judge = new Judge(plan, settlement.runId);
  const merges = new MergeQueue(settlement, judge);
  const foresight = new Foresight(settlement, clock);
  const places = new Places(plan.config.workers);
  const workers = new WorkerNumbers();
  const waves = new Waves(journal);
  const changes = new PrdChanges(plan, journal);
  const working = new Map<string, Promise<void>>();
  const failures: unknown[] = [];
  const statusOf = (id: string): StoryStatus => journal.state.stories.get(id)?.status ?? 'open';

  const urgencyOf = (id: string): number => journal.state.stories.get(id)?.urgency ?? 0;

  const shared = { settlement, control, clock, pausing, limits, budget, merges, judge, foresight, places, workers };
  const work = async (story: Story): Promise<void> => {
    await new StoryRun(shared, story).run();
    await waves.end(story.id);
    await recordProgress(settlement, clock);
    failpoint('coordinator.progress-recorded');
  };
  const failed = (error: unknown): void => {
    failures.push(error);
    // What the others began has an end, too, before anybody hears of the failure.
    control.stop('journal');
  };
  const begin = (story: Story): void => {
    void places.take(story.id);
    const over = (): void => {
      places.leave(story.id);
      working.delete(story.id);
      foresight.forget(story.id);
    };
    working.set(story.id, work(story).catch(failed).then(over));
  };
  const atWork = (story: Story): AtWork => ({ story, touched: foresight.touchedBy(story.id) });
  /** Who had begun before this term goes on first, whoever else works in the same files. */
  const next = async (): Promise<readonly Story[]> => {
    if (control.stopReason !== undefined || limits.obstacle !== undefined) return [];
    // However many wait to be merged: each of them has its worktree.
    const free = Math.min(places.free, 2 * plan.config.workers - working.size);
    if (free <= 0) return [];
    const ours = plan.prd.stories.filter(({ id }) => working.has(id));
    const others = plan.prd.stories.filter(({ id }) => !working.has(id));
    const begun = others.filter(({ id }) => statusOf(id) === 'in_progress').slice(0, free);
    const ready = readyStories(others, statusOf, urgencyOf);
    const picked = pickStories(ready, [...ours, ...begun].map(atWork), free - begun.length);
    await tellWaiting(journal, picked);
    return [...begun, ...picked.begin];
  };

  const workThrough = async (): Promise<void> => {
    for (;;) {
      const wish = control.nextWish();
      const left = places.nextLeft();
      await settleRequests(journal, working);
      await changes.look();
      const stories = await next();
      // With its last story at work there is nothing left that a pause could put off.
      if (stories.length > 0 && pausing.isWanted) {
        await pausing.whilePaused();
        continue;
      }
      if (stories.length > 0 && (await budget.isSpent())) continue;
      if (stories.length > 0) await waves.begin(stories.map(({ id }) => id));
      for (const story of stories) begin(story);
      if (working.size === 0) return;
      await Promise.race([...working.values(), left, wish]);
    }
  };

  /** Whether somebody asked for more while what was left was removed. */
  const goesOn = async (): Promise<boolean> => {
    if (failures.length > 0 || budget.spent !== undefined) return false;
    await settleRequests(journal, working);
    return (await next()).length > 0;
  };

  do {
    await workThrough().catch(failed);
    await Promise.all(working.values());
    // Nobody comes back after the run's last word to remove what is left.
    await foresight[Symbol.asyncDispose]();
    await judge[Symbol.asyncDispose]();
  } while (await goesOn());
  if (failures.length > 0) throw failures[0];
  const { obstacle } = limits;
  if (control.stopReason !== undefined) {
    await recordStopped(settlement, control.stopReason, obstacle);
    return { kind: 'ended' };
  }
  if (budget.spent !== undefined) {
    // It is an obstacle, too, and need not be the only one.
    await recordSpent(settlement, obstacle ?? budget.spent);
    return { kind: 'ended' };
  }
  if (obstacle !== undefined) return { kind: 'blocked', message: obstacle };
  const waiting = waitingText(journal.state);
  if (waiting !== undefined) {
    await recordWaiting(settlement, waiting);
    return { kind: 'waiting' };
  }
  await recordBlocked(settlement, statusOf);
  await recordCompleted(settlement, clock);
  return { kind: 'ended' };
}

/** Names the stories that can never start. */
async function recordBlocked({ plan, journal }: Settlement, statusOf: (id: string) => StoryStatus): Promise<void> {
  for (const [id] of blockedStories(plan.prd.stories, statusOf)) {
    const old = statusOf(id);
    if (old === 'blocked') continue;
    await journal.record(
      'story.status',
      { story_key: id, old_status: old, new_status: 'blocked', reason: 'dependency-failed' },
      { storyId: id },
    );
  }
}

async function recordProgress(settlement: Settlement, clock: Clock): Promise<void> {
  const { journal } = settlement;
  const { state } = journal;
  const remaining = remainingMs(state, clock.now());
  await journal.record('run.progress', {
    progress: progressPercent(state),
    current_story: state.current.at(-1) ?? null,
    completed_stories: state.counts.completed,
    total_stories: state.counts.total,
    estimated_remaining_s: remaining === undefined ? null : Math.round(remaining / 1_000),
  });
}
