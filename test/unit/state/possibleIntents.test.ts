import assert from 'node:assert/strict';
import { intentName } from '../../../src/events/catalogue.js';
import { emptyRun, fold } from '../../../src/state/fold.js';
import type { ShownStatus } from '../../../src/state/liveness.js';
import { objection, possibleIntents, takesIntent } from '../../../src/state/possibleIntents.js';
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

describe('What can be asked about a story', () => {
  const story = { story_id: 'US-1', title: 'One', priority: 1, depends_on: [], passes: false };
  const statuses = ['open', 'in_progress', 'completed', 'failed', 'blocked', 'skipped'] as const;

  function runWith(status: (typeof statuses)[number]): RunState {
    const executed = run('2026-01-01T00:00:00.000Z');
    const stories = [{ ...story, criteria: [{ ac_index: 1, ac_text: 'It works' }] }];
    fold(executed, known('prd.started', { status: 'running', total_stories: 1, stories }, ++seq));
    fold(executed, known('story.status', { story_key: 'US-1', old_status: 'open', new_status: status }, ++seq));
    return executed;
  }

  it('is what its status allows', () => {
    const possible = statuses.map((status) =>
      intentName.options
        .filter((intent) => objection(runWith(status), { intent, story_id: 'US-1', ac_index: 1 }) === undefined)
        .filter((intent) => objection(runWith(status), { intent }) !== undefined)
        .join(),
    );
    assert.deepEqual(possible, [
      'skip,prioritise,accept',
      'skip,accept',
      'accept',
      'retry,skip,accept',
      'retry,skip,accept',
      'retry,accept',
    ]);
  });

  it('is an answer as long as a question is open, and no retry before it', () => {
    const asking = runWith('in_progress');
    fold(asking, known('question.asked', { story_id: 'US-1', question_id: 'Q-1', question: 'Which port?' }, ++seq));
    const wish = { intent: 'answer', story_id: 'US-1', question_id: 'Q-1', answer: '8080' } as const;
    assert.equal(objection(asking, wish), undefined);
    assert.equal(objection(asking, { ...wish, question_id: 'Q-2' }), 'Name the question: Q-1, US-1 asks: Which port?');
    assert.equal(objection(asking, { ...wish, answer: ' ' }), 'Say what the answer is.');
    const waits = { story_key: 'US-1', old_status: 'in_progress', new_status: 'blocked', reason: 'question' } as const;
    fold(asking, known('story.status', waits, ++seq));
    assert.equal(
      objection(asking, { intent: 'retry', story_id: 'US-1' }),
      'US-1 is waiting; it cannot be asked to retry.',
    );
    fold(asking, known('answer.requested', { by: 'me', ...wish }, ++seq));
    assert.equal(objection(asking, wish), 'US-1 asks nothing.');
  });

  it('is taken by a run that is executed; an answer also by one that can be taken up again, the last of its PRD', () => {
    const statuses = ['running', 'paused', 'stopped', 'interrupted', 'completed', 'failed', 'cancelled'] as const;
    const asked = runWith('open');
    const later = { ...asked, id: 'run_2', startedAt: `${asked.startedAt}9` };
    const taking = (intent: 'answer' | 'skip', ...runs: RunState[]): string =>
      statuses.filter((status) => takesIntent(asked, status, intent, [asked, ...runs])).join();
    assert.deepEqual([taking('skip'), taking('answer')], ['running,paused', 'running,paused,stopped,interrupted']);
    assert.equal(taking('answer', later), 'running,paused');
  });

  it('is refused in words that say what is wrong', () => {
    const words = [
      objection(runWith('open'), { intent: 'skip' }),
      objection(runWith('open'), { intent: 'skip', story_id: 'US-9' }),
      objection(runWith('open'), { intent: 'retry', story_id: 'US-1' }),
      objection(runWith('open'), { intent: 'accept', story_id: 'US-1', ac_index: 2 }),
    ];
    assert.deepEqual(words, [
      'Name the story to skip.',
      'The run has no story "US-9".',
      'US-1 is open; it cannot be asked to retry.',
      'US-1 has no criterion 2. Name one, for example AC-1.',
    ]);
  });
});
