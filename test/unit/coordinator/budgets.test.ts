import assert from 'node:assert/strict';
import fc from 'fast-check';
import { countsAsAttempt } from '../../../src/plan/attemptEnds.js';
import { spentBudget } from '../../../src/coordinator/budgets.js';
import { failureReason } from '../../../src/events/failure.js';
import type { AttemptState, AttemptUsage } from '../../../src/state/runState.js';

const usage = fc.record(
  { inputTokens: fc.nat(1_000), outputTokens: fc.nat(1_000), costUsd: fc.nat(500).map((cents) => cents / 100) },
  { requiredKeys: ['inputTokens', 'outputTokens'] },
);
const attempts: fc.Arbitrary<AttemptState[]> = fc.array(
  fc
    .record({ usage: fc.option(usage), reason: fc.constantFrom(...failureReason.options) })
    .map(({ usage: used, reason }) => ({ attempt: 1, startedAt: '', reason, ...(used && { usage: used }) })),
);
const attempt = (used?: AttemptUsage): AttemptState => ({ attempt: 1, startedAt: '', ...(used && { usage: used }) });

describe('A budget', () => {
  it('is used up exactly when what its attempts used reaches it', () => {
    fc.assert(
      fc.property(attempts, fc.integer({ min: 1, max: 5_000 }), (told, limit) => {
        const tokens = told.reduce(
          (sum, { usage: used }) => sum + (used ? used.inputTokens + used.outputTokens : 0),
          0,
        );
        const cents = told.reduce((sum, { usage: used }) => sum + Math.round((used?.costUsd ?? 0) * 100), 0);
        const counted = told.filter((one) => countsAsAttempt(one) || one.reason === 'question').length;
        assert.equal(spentBudget('run', { runTokens: limit }, told)?.used, tokens >= limit ? tokens : undefined);
        assert.equal(spentBudget('story', { storyUsd: limit / 100 }, told) !== undefined, cents >= limit);
        assert.equal(spentBudget('run', { runAttempts: limit }, told) !== undefined, counted >= limit);
      }),
    );
  });

  it('of attempts counts also those that ended with a question, which the limit of attempts does not', () => {
    const asked: AttemptState = { ...attempt(), reason: 'question' };
    assert.deepEqual(spentBudget('story', { storyAttempts: 1 }, [asked])?.used, 1);
    assert.equal(countsAsAttempt(asked), false);
  });

  it('of a story is none of the run, and the other way round', () => {
    const used = [attempt({ inputTokens: 9, outputTokens: 9, costUsd: 9 })];
    assert.equal(spentBudget('run', { storyAttempts: 1, storyTokens: 1, storyUsd: 1 }, used), undefined);
    assert.equal(spentBudget('story', { runAttempts: 1, runTokens: 1, runUsd: 1 }, used), undefined);
    assert.deepEqual(spentBudget('story', { storyTokens: 18 }, used), { budget: 'storyTokens', limit: 18, used: 18 });
  });

  it('is never used up when it is not set, nor by what no agent told', () => {
    assert.equal(spentBudget('run', {}, [attempt({ inputTokens: 1e9, outputTokens: 1e9, costUsd: 1e6 })]), undefined);
    assert.equal(spentBudget('run', { runTokens: 1, runUsd: 0.01 }, [attempt(), attempt()]), undefined);
  });
});
