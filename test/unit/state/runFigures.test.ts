import assert from 'node:assert/strict';
import type { Envelope } from '../../../src/events/envelope.js';
import { emptyRun, fold } from '../../../src/state/fold.js';
import type { ShownStatus } from '../../../src/state/liveness.js';
import { queuePlaces, runFigures, runTotals, type ShownRun } from '../../../src/state/runFigures.js';
import { known } from '../events/arbitraryEvent.js';

/** The event at index n happens at second n. */
const at = (second: number): number => Date.UTC(2026, 0, 1) + second * 1_000;
const started = (second: number): Envelope => known('prd.started', { status: 'running', total_stories: 1 }, second);

function shown(id: string, status: ShownStatus, ...events: readonly [Envelope, ...Envelope[]]): ShownRun {
  const run = { ...emptyRun(events[0], false), id };
  for (const event of events) fold(run, event);
  return { run, status };
}

const agentEnded = (second: number, bytes: number, kind: 'agent' | 'gate' = 'agent'): Envelope =>
  known(
    'command.ended',
    {
      ...{ story_key: 'US-1', command: 'x', task_id: 't', status: 'success', kind },
      metrics: { peak_memory_bytes: bytes, peak_disk_bytes: 2 * bytes },
    },
    second,
  );

describe('What a run took', () => {
  it('is its time, its attempts, what their agents used, and the most that one of them had in memory and on disk', () => {
    const usage = { story_id: 'US-1', input_tokens: 10, output_tokens: 5, cost_usd: 0.1 };
    const run = shown(
      'a',
      'running',
      started(0),
      known('context.created', { story_id: 'US-1', attempt: 1 }, 1),
      known('usage.recorded', usage, 2),
      agentEnded(3, 500),
      agentEnded(4, 100),
      known('context.refreshed', { story_id: 'US-1', attempt: 2 }, 5),
      known('usage.recorded', { ...usage, cost_usd: 0.2 }, 6),
      agentEnded(7, 9_000, 'gate'),
      agentEnded(8, 300),
    );
    const figures = { durationMs: 9_000, attempts: 2, tokens: 30, costUsd: 0.3 };
    assert.deepEqual(runFigures(run, at(9)), { ...figures, peakMemoryBytes: 500, peakDiskBytes: 1_000 });
  });

  it('says nothing of what nobody told, and counts no time after its process was gone', () => {
    assert.deepEqual(runFigures(shown('a', 'interrupted', started(0), known('prd.resumed', {}, 4)), at(99)), {
      ...{ durationMs: 4_000, attempts: 0, tokens: 0 },
    });
  });
});

describe('A place in the queue', () => {
  it('is the order in which the runs that wait began to, whatever their project, without those whose process is gone', () => {
    const waiting = (id: string, second: number, status: ShownStatus = 'queued') =>
      shown(id, status, known('prd.queued', {}, second));
    const runs = [
      ...[waiting('c', 7), waiting('gone', 2, 'interrupted'), waiting('a', 3)],
      ...[shown('begun', 'running', known('prd.queued', {}, 1), started(4)), waiting('b', 5)],
    ];
    assert.deepEqual(
      [...queuePlaces(runs)],
      [
        ['a', 1],
        ['b', 2],
        ['c', 3],
      ],
    );
  });
});

describe('The totals of runs', () => {
  it('are how many there are of each status, and of those with an end the share that succeeded and the mean time', () => {
    const ended = (id: string, success: boolean, second: number): ShownRun => {
      const status = success ? 'completed' : 'failed';
      return shown(id, status, started(0), known('prd.completed', { success, status }, second));
    };
    const runs = [ended('a', true, 10), ended('b', false, 20), shown('c', 'running', started(0))];
    assert.deepEqual(runTotals(runs), {
      runs: 3,
      byStatus: { completed: 1, failed: 1, running: 1 },
      successRate: 0.5,
      meanDurationMs: 15_000,
    });
  });

  it('say nothing of success as long as no run has an end', () => {
    assert.deepEqual(runTotals([shown('c', 'stopped', started(0))]), { runs: 1, byStatus: { stopped: 1 } });
  });
});
