import assert from 'node:assert/strict';
import { emptyHub, foldHub } from '../../../src/state/hubState.js';
import { err, ok, type Result } from '../../../src/primitives/result.js';
import { answerDashboard } from '../../../src/vscode/dashboardRequests.js';
import type { RunControl, RunWish } from '../../../src/vscode/runControl.js';
import type { RunStore } from '../../../src/vscode/runStore.js';
import { RUN_ID, runInThirdStory } from '../../page/recordedRun.js';

const answer = {
  op: 'run.answer',
  id: 'answer-1',
  run_id: RUN_ID,
  story_id: 'US-003',
  question_id: 'Q-1',
  answer: '80',
};

/** What the dashboard's page gets for a message, and what was asked of its run. */
async function told(message: unknown, taken: Result<string, string> = ok('i_1')) {
  const hub = emptyHub();
  for (const event of runInThirdStory(0).events) foldHub(hub, event);
  const wishes: RunWish[] = [];
  const control: Pick<RunControl, 'request'> = {
    request: (_run, wish) => {
      wishes.push(wish);
      return Promise.resolve(taken);
    },
  };
  const store: Pick<RunStore, 'run'> = { run: (id) => hub.runs.get(id) };
  const frame = await answerDashboard(message, store as RunStore, () => Promise.resolve(control as RunControl));
  return { frame, wishes };
}

describe('What the dashboard in VS Code asks for', () => {
  it('reaches the run with the question and the answer', async () => {
    const { frame, wishes } = await told(answer);
    assert.deepEqual(frame, { op: 'ok', id: 'answer-1', intent_id: 'i_1' });
    const [wish] = wishes;
    assert.deepEqual(
      [wish?.intent, wish?.story_id, wish?.question_id, wish?.answer],
      ['answer', 'US-003', 'Q-1', '80'],
    );
  });

  it('is refused in the words of the run, with the id of the request', async () => {
    const { frame } = await told(answer, err('US-003 asks nothing.'));
    assert.deepEqual(frame, { op: 'error', id: 'answer-1', code: 'UNAVAILABLE', message: 'US-003 asks nothing.' });
  });

  it('is not passed on when it is too long, or for a run that nobody knows', async () => {
    const tooLong = await told({ ...answer, answer: 'x'.repeat(2_001) });
    assert.equal(tooLong.frame.op, 'error');
    const elsewhere = await told({ ...answer, run_id: 'run_elsewhere' });
    assert.equal(elsewhere.frame.op, 'error');
    assert.deepEqual([...tooLong.wishes, ...elsewhere.wishes], []);
  });
});
