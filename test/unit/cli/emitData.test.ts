import assert from 'node:assert/strict';
import fc from 'fast-check';
import { dataOfAssignments, dataOfJson } from '../../../src/cli/emitData.js';

const dataOf = (type: string, ...assignments: string[]): unknown => {
  const data = dataOfAssignments(type, assignments);
  return data.ok ? data.value : data.error;
};

describe('Data on the command line', () => {
  it('is JSON where it looks like it, and text otherwise', () => {
    assert.deepEqual(
      dataOf('x.y', 'a=3', 'b=true', 'c=null', 'd={"e":[1]}', 'f="3"', 'g=word', 'h=', 'i=a=b', 'j=[x'),
      {
        ...{ a: 3, b: true, c: null, d: { e: [1] }, f: '3', g: 'word', h: '', i: 'a=b', j: '[x' },
      },
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { x } = dataOf('x.y', `x=${text}`) as { x: unknown };
        assert.deepEqual(typeof x === 'string' && x === text ? x : JSON.parse(text), x);
      }),
    );
  });

  it('is text where the type of the event wants text, whatever it looks like', () => {
    assert.deepEqual(dataOf('commit.created', 'commit_hash=1234567', 'files=2'), { commit_hash: '1234567', files: 2 });
    assert.deepEqual(dataOf('error.occurred', 'error=null', 'retryable=true'), { error: 'null', retryable: true });
    assert.deepEqual(dataOf('commit.created', 'commit_hash=12345e10'), { commit_hash: '12345e10' });
  });

  it('says what is wrong with an argument', () => {
    assert.match(String(dataOf('x.y', 'word')), /"word" is no key=value/);
    assert.match(String(dataOf('x.y', '=1')), /"=1" is no key=value/);
    assert.match(String(dataOf('x.y', 'a=1', 'a=2')), /"a" is given twice/);
    for (const json of ['{', '3', '[1]', 'null', '"x"']) assert.equal(dataOfJson(json).ok, false, json);
    assert.deepEqual(dataOfJson('{"a":1}'), { ok: true, value: { a: 1 } });
  });
});
