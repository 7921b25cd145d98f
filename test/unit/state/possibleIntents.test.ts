import assert from 'node:assert/strict';
import { emptyRun } from '../../../src/state/fold.js';
import type { ShownStatus } from '../../../src/state/liveness.js';
import { possibleIntents } from '../../../src/state/possibleIntents.js';
import type { RunState } from '../../../src/state/runState.js';
import { known } from '../events/arbitraryEvent.js';

let seq = 0;

function run(startedAt: string, external = false, prdId = 'shop-prd-000001'): RunState {
  const event = known('prd.started', { status: 'running', total_stories: 1 }, ++seq, { source: `run_${seq}` });
  return { ...emptyRun({ ...event, timestamp: startedAt, prd_id: prdId }, external), id: `run_${seq}` };
}

describe('What can be asked of a run', () => {
  const [older, newer] = [run('2026-01-01T00:00:00.000Z'), run('2026-01-02T00:00:00.000Z')];
  const ask = (one: RunState, status: ShownStatus): string => possibleIntents(one, status, [older, newer]).join();

  it('is what its status allows, also when the process that executed it is gone', () => {
    const possible = (['running', 'paused', 'queued', 'stopped', 'interrupted', 'completed', 'failed'] as const).map(
      (status) => ask(newer, status),
    );
    assert.deepEqual(possible, ['pause,stop', 'resume,stop', 'stop', 'resume', 'resume', '', '']);
  });

  it('is nothing for a run from outside, which nobody here executes', () => {
    assert.equal(ask(run('2026-01-03T00:00:00.000Z', true), 'running'), '');
  });

  it('is not to go on with a run after which the PRD had another', () => {
    assert.equal(ask(older, 'stopped'), '');
    assert.equal(
      possibleIntents(older, 'stopped', [older, run('2026-01-05T00:00:00.000Z', false, 'other')]).join(),
      'resume',
    );
  });
});
