import assert from 'node:assert/strict';
import fc from 'fast-check';
import { catalogue } from '../../../src/events/catalogue.js';
import { formatCursor, parseCursor } from '../../../src/events/cursor.js';
import { eventTypeName } from '../../../src/events/envelope.js';
import { isRunId, newEventId, newRunId } from '../../../src/events/ids.js';
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
