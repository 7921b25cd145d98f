import assert from 'node:assert/strict';
import type { Envelope } from '../../../src/events/envelope.js';
import { emptyRun, fold } from '../../../src/state/fold.js';
import type { CriterionState, RunState } from '../../../src/state/runState.js';
import {
  currentStory,
  elapsedMs,
  isLive,
  progressPercent,
  proofText,
  provedCriteria,
  remainingMs,
} from '../../../src/state/selectors.js';
import { known } from '../events/arbitraryEvent.js';

const stories = ['US-1', 'US-2', 'US-3'].map((story_id) => ({
  story_id,
  title: story_id,
  priority: 1,
  depends_on: [],
  criteria: [],
  passes: false,
}));

/** A run of three stories; the event at index n happens at second n. */
function runOf(...events: Envelope[]): RunState {
  const first = known('prd.started', { status: 'running', total_stories: 3, stories }, 0);
  const run = emptyRun(first, false);
  for (const event of [first, ...events]) fold(run, event);
  return run;
}

const at = (second: number): number => Date.UTC(2026, 0, 1) + second * 1000;
const begin = (story_id: string, second: number): Envelope => known('story.started', { story_id }, second);
const end = (story_id: string, second: number): Envelope =>
  known('story.completed', { story_id, success: true, status: 'completed' }, second);

describe('Progress', () => {
  it('is the share of stories that are completed, and 0 for a run without stories', () => {
    assert.equal(progressPercent(runOf(end('US-1', 5))), 33);
    assert.equal(progressPercent(emptyRun(begin('US-1', 1), true)), 0);
  });

  it('expects the stories that are left to take as long as those that ended', () => {
    const run = runOf(begin('US-1', 1), end('US-1', 10));
    assert.equal(remainingMs(run, at(10)), 20_000);
  });

  it('expects nothing before a story has ended, nor once the run has', () => {
    assert.equal(remainingMs(runOf(begin('US-1', 1)), at(5)), undefined);
    assert.equal(remainingMs(runOf(end('US-1', 5), known('prd.stopped', {}, 6)), at(9)), undefined);
    const limited = known('limit.reached', { resets_at: null }, 6);
    assert.equal(remainingMs(runOf(end('US-1', 5), limited), at(9)), undefined);
    assert.notEqual(remainingMs(runOf(end('US-1', 5), limited, known('limit.cleared', {}, 7)), at(9)), undefined);
  });

  it('counts time until the run ends, and never below zero', () => {
    const run = runOf();
    assert.equal(elapsedMs(run, at(4)), 4_000);
    assert.equal(elapsedMs(run, at(-4)), 0);
    fold(run, known('prd.stopped', {}, 6));
    assert.equal(elapsedMs(run, at(100)), 6_000);
  });
});

describe('The current story', () => {
  it('is the one that was started last and has not ended', () => {
    const run = runOf(begin('US-2', 1));
    assert.equal(currentStory(run)?.id, 'US-2');
    fold(run, end('US-2', 2));
    assert.equal(currentStory(run), undefined);
  });
});

describe('A run', () => {
  it('is live while it waits, runs or pauses', () => {
    const status = (...events: Envelope[]): boolean => isLive(runOf(...events));
    assert.equal(status(known('prd.queued', {}, 1)), true);
    assert.equal(status(), true);
    assert.equal(status(known('prd.paused', {}, 1)), true);
    assert.equal(status(known('prd.stopped', {}, 1)), false);
    assert.equal(status(known('prd.cancelled', {}, 1)), false);
    assert.equal(status(known('prd.completed', { success: false, status: 'failed' }, 1)), false);
  });
});

describe('The words for a criterion', () => {
  const commit = 'a'.repeat(40);
  const base = 'b'.repeat(40);
  const words = (rest: Partial<CriterionState>): string =>
    proofText({ index: 1, text: 'Tests pass', status: 'proved', ...rest });

  it('say what proves it and on which commit', () => {
    assert.equal(words({ proof: { kind: 'gate', gate: 'test', commit } }), 'Gate "test" passed on aaaaaaaa');
    assert.equal(
      words({ proof: { kind: 'test', test: 'converts', commit, base } }),
      'Test "converts" went from red on bbbbbbbb to green on aaaaaaaa',
    );
    const review = { kind: 'review', reviewer: 'claude', commit } as const;
    assert.equal(words({ proof: review }), 'Confirmed by claude, reviewing aaaaaaaa');
    assert.equal(
      words({ proof: { ...review, evidence: 'it greets' } }),
      'Confirmed by claude, reviewing aaaaaaaa: it greets',
    );
    assert.equal(words({ proof: { kind: 'person', by: 'ann' } }), 'Accepted by ann');
  });

  it('say whether a command failed before the story, since otherwise it proves less', () => {
    const command = { kind: 'command', command: 'make check', commit } as const;
    assert.equal(
      words({ proof: { ...command, red_on_base: true } }),
      '"make check" succeeded on aaaaaaaa, failed before',
    );
    assert.equal(words({ proof: { ...command, red_on_base: false } }), '"make check" succeeded on aaaaaaaa');
  });

  it('never call a claim a proof', () => {
    assert.equal(words({ status: 'claimed' }), 'Claimed by the agent, not proved');
    assert.equal(words({ status: 'unproved' }), 'Not proved');
    assert.equal(words({ status: 'failed', message: 'exit code 1' }), 'Check failed: exit code 1');
  });

  it('count only what is proved', () => {
    const run = runOf(
      known('criterion.completed', { story_id: 'US-1', ac_index: 1, ac_text: 'a' }, 1),
      known('criterion.claimed', { story_id: 'US-1', ac_index: 2 }, 2),
    );
    const story = run.stories.get('US-1');
    assert.ok(story);
    assert.equal(provedCriteria(story), 1);
  });
});
