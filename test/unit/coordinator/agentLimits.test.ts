import assert from 'node:assert/strict';
import fc from 'fast-check';
import { goOnAt } from '../../../src/coordinator/agentLimits.js';
import { countsAsAttempt } from '../../../src/plan/attemptEnds.js';
import { failureReason } from '../../../src/events/failure.js';

const minute = 60_000;
const hour = 60 * minute;
const now = Date.parse('2026-01-01T22:00:00.000Z');
const reason = fc.constantFrom('agent-rate-limited' as const, 'agent-unavailable' as const);
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const wait = (...[why, resetsAt, of]: Parameters<typeof goOnAt>): number => goOnAt(why, resetsAt, of) - of.now;

describe('A run whose agent is at its limit', () => {
  it('goes on a minute after the reset that was told, at least a minute and at most six hours from now', () => {
    const of = { now, failures: 1, random: 0 };
    const reset = (ms: number): string => new Date(now + ms).toISOString();
    assert.equal(wait('agent-rate-limited', reset(2 * hour), of), 2 * hour + minute);
    assert.equal(wait('agent-rate-limited', '2026-01-02T00:00:00+01:00', of), hour + minute);
    assert.equal(wait('agent-rate-limited', reset(-hour), of), minute);
    assert.equal(wait('agent-rate-limited', reset(30 * 24 * hour), of), 6 * hour);
  });

  it('waits twice as long after each failure in a row when no reset is told, never more than half an hour and a quarter of it', () => {
    fc.assert(
      fc.property(reason, fc.integer({ min: 1, max: 10_000 }), random, random, (why, failures, one, other) => {
        const first = wait(why, undefined, { now, failures, random: one });
        const next = wait(why, undefined, { now, failures: failures + 1, random: other });
        assert.ok(first >= 5_000 && first <= 37.5 * minute, `${first}`);
        assert.ok(next <= 2.5 * first && next >= first / 1.25, `${next} after ${first}`);
      }),
    );
    const waits = [1, 2, 3].map((failures) => wait('agent-rate-limited', undefined, { now, failures, random: 0 }));
    assert.deepEqual(waits, [minute, 2 * minute, 4 * minute]);
  });

  it('waits for no time that cannot be understood', () => {
    fc.assert(
      fc.property(reason, fc.string(), (why, text) => {
        const ms = wait(why, text, { now, failures: 1, random: 0 });
        assert.ok(ms >= 5_000 && ms <= 6 * hour, `${ms} for ${JSON.stringify(text)}`);
      }),
    );
  });

  it('does not count attempts that were not the story’s failure', () => {
    const uncounted = failureReason.options.filter(
      (one) => !countsAsAttempt({ attempt: 1, startedAt: '', reason: one, success: false }),
    );
    assert.deepEqual(uncounted.sort(), [
      'agent-not-installed',
      'agent-not-signed-in',
      'agent-rate-limited',
      'agent-unavailable',
      'interrupted',
      'question',
      'settings-changed',
    ]);
    assert.ok(countsAsAttempt({ attempt: 1, startedAt: '' }), 'nor one that is at work');
  });
});
