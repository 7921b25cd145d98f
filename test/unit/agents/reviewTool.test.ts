import assert from 'node:assert/strict';
import type { CriterionFinding } from '../../../src/agents/agent.js';
import { ReviewDesk } from '../../../src/agents/reviewTool.js';

describe('The desk of a reviewer', () => {
  const opened = (): { desk: ReviewDesk; found: CriterionFinding[] } => {
    const found: CriterionFinding[] = [];
    return { desk: new ReviewDesk([2, 3], 'k', (finding) => found.push(finding)), found };
  };
  const seen = { criterion: 'AC-2', holds: true, evidence: 'It prints 273.15', key: 'k' };

  it('takes what was found, each time it is said', async () => {
    const { desk, found } = opened();
    assert.deepEqual(await desk.take(seen), { ok: true, value: 'AC-2 is noted.' });
    await desk.take({ ...seen, holds: false });
    assert.deepEqual(
      found.map(({ acIndex, holds }) => [acIndex, holds]),
      [
        [2, true],
        [2, false],
      ],
    );
  });

  it('refuses, in words for the reviewer, what is not under review, says nothing or shows nothing', async () => {
    const { desk, found } = opened();
    const refused = async (input: unknown): Promise<string> => {
      const answer = await desk.take(input);
      return answer.ok ? 'taken' : answer.error;
    };
    assert.equal(await refused({ ...seen, criterion: 'AC-1' }), 'There is no AC-1. This review has AC-2, AC-3.');
    assert.match(await refused({ ...seen, criterion: '2' }), /named as in the prompt/);
    assert.match(await refused({ criterion: 'AC-2', evidence: 'x', key: 'k' }), /holds/);
    assert.match(await refused({ ...seen, evidence: '  ' }), /what you read or ran/);
    assert.match(await refused({ ...seen, key: 'guessed' }), /not the key/);
    assert.deepEqual(found, []);
  });

  it('is closed when its review is over', async () => {
    const { desk, found } = opened();
    desk.close();
    assert.deepEqual(await desk.take(seen), { ok: false, error: 'The review is over; this was not taken.' });
    assert.deepEqual(found, []);
  });
});
