import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Config, ResolvedConfig } from '../../../src/config/config.js';
import { runDefaults } from '../../../src/config/loadConfig.js';
import { climb, createLadder } from '../../../src/plan/ladder.js';
import type { AttemptState } from '../../../src/state/runState.js';

/** An attempt that left this patch and failed; without one it was interrupted. */
function attempts(...patches: readonly (string | undefined)[]): AttemptState[] {
  return patches.map((patch, index) => {
    const ended = { attempt: index + 1, startedAt: '', endedAt: '', success: false } as const;
    return patch === undefined
      ? { ...ended, reason: 'interrupted' }
      : { ...ended, reason: 'gate-failed', message: patch, ref: 'r', patch, lines: index };
  });
}

const steps = (...counts: readonly number[]) => counts.map((count) => ({ attempts: count }));
const at = (ladder: { attempts: number }[], ...patches: (string | undefined)[]): number | string => {
  const height = climb(ladder, attempts(...patches));
  return height.kind === 'step' ? height.index : height.reason;
};

describe('A ladder', () => {
  it('is climbed when the attempts of a step are used up, and ends a story above its last one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }),
        fc.array(fc.boolean()),
        (counts, told) => {
          const made = told.map((isCounted, index) => (isCounted ? `p${index}` : undefined));
          const used = told.filter(Boolean).length;
          const tops = counts.map((_, index) => counts.slice(0, index + 1).reduce((sum, count) => sum + count, 0));
          const expected = tops.findIndex((top) => used < top);
          assert.equal(at(steps(...counts), ...made), expected < 0 ? 'attempts-exhausted' : expected);
        },
      ),
    );
  });

  it('is climbed at once when a step goes nowhere, and the next one may begin where that one was', () => {
    assert.equal(at(steps(5, 5), 'a', 'a'), 1);
    assert.equal(at(steps(5, 5), 'a', 'a', 'a'), 1);
    const height = climb(steps(5, 5), attempts('a', 'a', 'b', 'c', 'b'));
    assert.deepEqual(height, {
      kind: 'over',
      reason: 'no-progress',
      message: 'The attempts go round in circles: attempt 5 left what attempt 3 had left.',
    });
  });

  it('has one step with all attempts unless another one is configured, and takes what a step does not name from there', () => {
    const made = (config: Partial<ResolvedConfig>) => {
      const ladder = createLadder({ ...runDefaults, agent: 'claude', ...config });
      return ladder.ok ? ladder.value.map(({ agent, model, attempts: count }) => [agent.name, model, count]) : ladder;
    };
    assert.deepEqual(made({ attempts: 7 }), [['claude', undefined, 7]]);
    assert.deepEqual(made({ ladder: [] }), [['claude', undefined, 3]]);
    const agents = { command: { argv: ['other-agent'] } };
    assert.deepEqual(made({ agents, ladder: [{ model: 'haiku', attempts: 2 }, {}, { agent: 'command' }] }), [
      ['claude', 'haiku', 2],
      ['claude', undefined, 1],
      ['command', undefined, 1],
    ]);
  });

  it('names what is wrong with a step', () => {
    const problem = (ladder: Config['ladder']): string => {
      const made = createLadder({ ...runDefaults, agent: 'claude', ladder });
      return made.ok ? '' : made.error;
    };
    assert.match(problem([{}, { agent: 'command' }]), /Set storyloop\.agents\.command/);
    assert.match(problem([{ agent: 'nobody' }]), /no agent "nobody"/);
  });
});
