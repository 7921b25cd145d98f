import assert from 'node:assert/strict';
import { gateLook, gateText } from '../../../src/state/statusText.js';
import { eventLine } from '../../../src/state/eventLine.js';
import { emptyRun, fold } from '../../../src/state/fold.js';
import type { EventData } from '../../../src/events/catalogue.js';

type Ended = Omit<EventData<'gate.completed'>, 'story_id' | 'gate'>;

/** A gate that ended like this, as the views show it and as the list of events tells it. */
function shown(ended: Ended): readonly string[] {
  const event = {
    ...{ id: 'e1', type: 'gate.completed', source: 'run_1', run_id: 'run_1', term: 1, source_seq: 1 },
    ...{ timestamp: '2026-11-21T07:00:00.000Z', data: { story_id: 'US-1', gate: 'test', ...ended } },
  };
  const run = emptyRun(event, false);
  fold(run, event);
  const [gate] = run.stories.get('US-1')?.gates ?? [];
  assert.ok(gate);
  const { tone } = gateLook(gate);
  const text = gateText(gate);
  const line = eventLine(event);
  return [text, tone, line.text, line.tone];
}

describe('A gate that ended', () => {
  it('is shown as what it says of the attempt', () => {
    assert.deepEqual(shown({ passed: true }), ['Passed', 'good', 'Gate “test” passed', 'good']);
    const failed = ['Failed', 'bad', 'Gate “test” failed', 'bad'];
    assert.deepEqual(shown({ passed: false }), failed);
    assert.deepEqual(shown({ passed: false, baseline: { passed: true } }), failed);
    assert.deepEqual(shown({ passed: false, baseline: { passed: false, worse: true } }), failed);
  });

  it('is a warning when the attempt is not to blame', () => {
    assert.deepEqual(shown({ passed: false, baseline: { passed: false } }), [
      ...['Failed before, too', 'warning'],
      ...['Gate “test” failed, as it did before', 'warning'],
    ]);
    assert.deepEqual(shown({ passed: false, required: false }), [
      ...['Failed, not required', 'warning'],
      ...['Gate “test” failed; it is not required', 'warning'],
    ]);
    assert.deepEqual(shown({ passed: false, required: false, inconclusive: true }), [
      ...['Could not be checked', 'warning'],
      ...['Gate “test” could not be checked', 'warning'],
    ]);
    assert.deepEqual(
      shown({ passed: false, required: false, vulnerabilities: 2, baseline: { passed: false, vulnerabilities: 2 } }),
      [
        ...['Failed before, too, 2 vulnerabilities (2 before)', 'warning'],
        ...['Gate “test” failed, as it did before: 2 vulnerabilities (2 before)', 'warning'],
      ],
    );
    assert.deepEqual(shown({ passed: true, flaky: true }), [
      ...['Passed when run again', 'warning'],
      ...['Gate “test” passed when run again', 'warning'],
    ]);
  });

  it('says what it counted, and what it counted before the attempt', () => {
    assert.deepEqual(
      shown({ passed: false, errors: 3, warnings: 1, baseline: { passed: false, errors: 2, worse: true } }),
      [
        ...['Failed, 3 errors (2 before), 1 warning', 'bad'],
        ...['Gate “test” failed: 3 errors (2 before), 1 warning', 'bad'],
      ],
    );
    assert.equal(shown({ passed: true, errors: 0 })[0], 'Passed, 0 errors');
  });
});
