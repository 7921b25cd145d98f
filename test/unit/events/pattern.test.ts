import assert from 'node:assert/strict';
import fc from 'fast-check';
import { eventPattern, matches } from '../../../src/events/pattern.js';

const word = fc.constantFrom('a', 'b', 'story');
const pattern = fc
  .array(fc.oneof(word, fc.constant('*')), { minLength: 1, maxLength: 4 })
  .map((words) => words.join('.'));
const type = fc.array(word, { minLength: 2, maxLength: 4 }).map((words) => words.join('.'));

/** What the words say, as a regular expression. */
function expression(text: string): RegExp {
  const words = text.split('.');
  const parts = words.map((part, index) =>
    part !== '*' ? part : index === words.length - 1 ? '[^.]+(\\.[^.]+)*' : '[^.]+',
  );
  return new RegExp(`^${parts.join('\\.')}$`);
}

describe('A pattern', () => {
  it('takes a star for one word, at the end for one or more', () => {
    fc.assert(
      fc.property(pattern, type, (wanted, told) => {
        assert.equal(eventPattern.safeParse(wanted).success, true);
        assert.equal(matches(wanted, told), expression(wanted).test(told));
      }),
      { numRuns: 500 },
    );
  });

  it('matches what its users expect', () => {
    const wanted = ['*', 'story.*', '*.completed', 'story.completed', 'run.*.late', '*.*'];
    const matched = (told: string): string[] => wanted.filter((one) => matches(one, told));
    assert.deepEqual(matched('story.completed'), ['*', 'story.*', '*.completed', 'story.completed', '*.*']);
    assert.deepEqual(matched('run.very.late'), ['*', 'run.*.late', '*.*']);
    assert.deepEqual(matched('stories.completed'), ['*', '*.completed', '*.*']);
    assert.deepEqual(matched('story'), ['*']);
  });

  it('is refused when a star is part of a word, or a word is missing', () => {
    for (const text of [
      '',
      '.',
      'story.',
      '.started',
      'st*',
      'story.**',
      'Story.*',
      '**',
      'a..b',
      'a b',
      'story.*\n',
      '*'.repeat(65),
    ]) {
      assert.equal(eventPattern.safeParse(text).success, false, text);
    }
  });
});
