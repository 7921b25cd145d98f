import assert from 'node:assert/strict';
import fc from 'fast-check';
import { noProgress } from '../../../src/plan/noProgress.js';
import { failureReason } from '../../../src/events/failure.js';
import type { AttemptState } from '../../../src/state/runState.js';

type Told = Partial<Omit<AttemptState, 'attempt'>>;

/** Attempts that ended with a failed gate unless they say otherwise; one with a patch was saved. */
function story(...told: readonly Told[]): AttemptState[] {
  return told.map((one, index) => ({
    ...{ attempt: index + 1, startedAt: '', endedAt: '', success: false, reason: 'gate-failed', message: 'red' },
    ...(one.patch !== undefined && { ref: `refs/storyloop/run_1/US-1/${index + 1}` }),
    ...one,
  }));
}

const left = (patch: string, lines: number, more: Told = {}): Told => ({ patch, lines, ...more });
const nothing: Told = { reason: 'no-changes', message: 'The attempt changed no file.' };
const others = failureReason.options.filter((one) =>
  ['interrupted', 'agent-rate-limited', 'agent-unavailable', 'environment', 'git-failed'].includes(one),
);

describe('A story goes nowhere', () => {
  it('when two attempts in a row left the same changes', () => {
    assert.equal(noProgress(story(left('a', 1))), undefined);
    assert.match(noProgress(story(left('b', 1), left('a', 2), left('a', 2))) ?? '', /2 and 3 left the same/);
  });

  it('when an attempt left what an earlier one had left, at the first repetition', () => {
    const words = noProgress(story(left('a', 1), left('b', 2), left('c', 3), left('a', 1)));
    assert.match(words ?? '', /round in circles: attempt 4 left what attempt 1 had left/);
  });

  it('when two attempts in a row changed no file, or said nothing besides', () => {
    assert.match(noProgress(story(left('a', 1), nothing, nothing)) ?? '', /2 and 3 changed no file/);
    const crashed: Told = { reason: 'agent-failed', message: 'The agent ended with exit code 1', silent: true };
    assert.match(noProgress(story(crashed, { ...crashed, message: 'another' })) ?? '', /1 and 2 printed nothing/);
    assert.equal(noProgress(story(crashed, { ...crashed, silent: false })), undefined);
    assert.equal(noProgress(story(crashed, left('a', 1, { reason: 'agent-failed', silent: true }))), undefined);
  });

  it('when three attempts in a row failed in the same way with as many lines, whatever time and place they name', () => {
    const message = (n: number): string =>
      `at 2026-01-0${n}T00:00:0${n}Z /p/.storyloop/worktrees/run_1/US-1-${n}/a.js:7 0x7ff${n}: 2 of 9 failed\n(1.${n}s)`;
    const attempts = [1, 2, 3].map((n) => left(`p${n}`, 5, { message: message(n) }));
    assert.match(noProgress(story(...attempts)) ?? '', /same way/);
    assert.equal(noProgress(story(...attempts.slice(1))), undefined);
    assert.equal(noProgress(story(...attempts.slice(1), left('p4', 6, { message: message(4) }))), undefined);
    const better = message(3).replace('2 of 9', '1 of 9');
    assert.equal(noProgress(story(...attempts.slice(0, 2), left('p3', 5, { message: better }))), undefined);
  });
});

describe('A story is not given up for want of progress', () => {
  const reasons = failureReason.options.filter((one) => one !== 'no-changes');
  const attempt = fc.record({ reason: fc.constantFrom(...reasons), silent: fc.boolean() });

  it('while its attempts differ, whatever their reasons', () => {
    fc.assert(
      fc.property(fc.array(attempt, { maxLength: 20 }), (attempts) => {
        const differing = attempts.map((one, index) => left(`p${index}`, index, one));
        for (let length = 0; length <= differing.length; length += 1)
          assert.equal(noProgress(story(...differing.slice(0, length))), undefined);
      }),
    );
  });

  it('by attempts that ended for another cause than what the agent did', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...others), { maxLength: 8 }), (reasons) => {
        const idle = reasons.map((reason): Told => ({ reason, silent: true, message: '' }));
        assert.equal(noProgress(story(left('a', 1), ...idle)), undefined);
      }),
    );
  });

  it('by changes that another story has met with a conflict meanwhile', () => {
    const conflict: Told = left('b', 1, { reason: 'merge-conflict' });
    assert.equal(noProgress(story(left('a', 1), conflict, left('a', 1))), undefined);
    assert.notEqual(noProgress(story(conflict, left('a', 1), left('a', 1))), undefined);
  });

  it('while an attempt runs, after one that succeeded, or by what an older version has not said', () => {
    assert.equal(noProgress([...story(left('a', 1), left('a', 1)), { attempt: 3, startedAt: '' }]), undefined);
    assert.equal(noProgress(story(left('a', 1), left('a', 1, { success: true }))), undefined);
    const unsaid: Told = { ref: 'refs/storyloop/run_1/US-1/1' };
    assert.equal(noProgress(story(unsaid, unsaid, unsaid)), undefined);
  });
});

describe('Flapping', () => {
  it('is found by the first attempt that repeats one, however many lie between them', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 20 }), (patches) => {
        const attempts = story(...patches.map((patch, index) => left(`p${patch}`, index)));
        const first = patches.findIndex((patch, index) => patches.indexOf(patch) < index);
        const found = attempts.findIndex((_, index) => noProgress(attempts.slice(0, index + 1)) !== undefined);
        assert.equal(found, first);
      }),
    );
  });
});
