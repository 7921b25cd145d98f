import assert from 'node:assert/strict';
import fc from 'fast-check';
import { catalogue } from '../../../src/events/catalogue.js';
import { formatCursor, parseCursor } from '../../../src/events/cursor.js';
import { eventTypeName } from '../../../src/events/envelope.js';
import { isRunId, newEventId, newRunId } from '../../../src/events/ids.js';
import { eventPattern, matches } from '../../../src/events/pattern.js';
import { eventTypes } from './arbitraryEvent.js';

describe('The catalogue', () => {
  it('has names that can travel, and says what each event means and since when', () => {
    for (const type of eventTypes) {
      assert.ok(eventTypeName.safeParse(type).success, type);
      assert.match(catalogue[type].doc, /^[A-Z].*\.$/);
      assert.ok(catalogue[type].since >= 1);
    }
  });
});

describe('An id', () => {
  const time = fc.integer({ min: Date.UTC(2020), max: Date.UTC(2100) });

  it('sorts as text by the time when it was made', () => {
    for (const make of [newRunId, newEventId]) {
      fc.assert(
        fc.property(time, time, (a, b) => {
          fc.pre(a < b);
          assert.ok(make(a) < make(b));
        }),
      );
    }
  });

  it('is safe as a file name, as part of a ref, and in a URL', () => {
    fc.assert(
      fc.property(time, (now) => {
        assert.match(newRunId(now), /^run_[0-9a-z]{15}$/);
        assert.match(newEventId(now), /^e_[0-9a-z]{19}$/);
      }),
    );
  });

  it('is not given twice within a millisecond', () => {
    assert.equal(new Set(Array.from({ length: 10_000 }, () => newEventId(0))).size, 10_000);
  });

  it('tells a run from anything else', () => {
    assert.equal(isRunId(newRunId(0)), true);
    assert.equal(isRunId(newEventId(0)), false);
    assert.equal(isRunId('external:run_1:prd'), false);
  });
});

describe('A cursor', () => {
  it('survives being written and read', () => {
    const logId = fc.string({ minLength: 1, maxLength: 32, unit: fc.constantFrom('0', '9', 'a', 'f', 'z') });
    fc.assert(
      fc.property(fc.record({ logId, seq: fc.nat() }, { noNullPrototype: true }), (cursor) => {
        assert.deepEqual(parseCursor(formatCursor(cursor)), cursor);
      }),
    );
  });

  it('is nothing but a log id and a number', () => {
    for (const text of [
      '',
      ':',
      '9f2c',
      '9f2c:',
      ':1',
      '9f2c:-1',
      '9f2c:1.5',
      '9F2C:1',
      '9f2c:1:2',
      '9f2c:1\n',
      '9f2c:9007199254740993',
    ]) {
      assert.equal(parseCursor(text), undefined, JSON.stringify(text));
    }
  });
});

describe('A pattern', () => {
  const word = fc.constantFrom('a', 'b', 'story', 'story_x');
  const type = fc.array(word, { minLength: 2, maxLength: 4 }).map((words) => words.join('.'));
  const pattern = fc.oneof(
    fc.constant('*'),
    type,
    fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => `${words.join('.')}.*`),
  );

  /** Word by word: a trailing star stands for one or more words, a star alone for all. */
  function oracle(text: string, name: string): boolean {
    const wanted = text.split('.');
    const words = name.split('.');
    if (wanted.at(-1) !== '*') return text === name;
    return words.length >= wanted.length && wanted.slice(0, -1).every((part, index) => part === words[index]);
  }

  it('matches a type, a family of types, or all', () => {
    fc.assert(
      fc.property(pattern, type, (text, name) => {
        assert.ok(eventPattern.safeParse(text).success);
        assert.equal(matches(text, name), oracle(text, name));
      }),
      { numRuns: 1000 },
    );
  });

  it('does not match a family whose name only begins alike', () => {
    assert.equal(matches('story.*', 'storyboard.drawn'), false);
    assert.equal(matches('story.*', 'story.started'), true);
    assert.equal(matches('story', 'story.started'), false);
  });

  it('has a star at its end only', () => {
    for (const text of ['', '*.started', 'story.*.x', 'story*', '**', 'Story.*', '.*', 'story..*', 'story.*\n']) {
      assert.equal(eventPattern.safeParse(text).success, false, JSON.stringify(text));
    }
  });
});
