import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseJson } from '../../../src/hub/jsonBody.js';
import { jsonFault } from '../../../src/hub/jsonLimits.js';

const isRefused = (text: string): boolean => jsonFault(text) !== undefined;

describe('JSON from outside', () => {
  it('is nested 64 levels deep at most; brackets in a text are none', () => {
    const nested = (depth: number): string => `${'[{"a":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}`;
    assert.equal(isRefused(nested(64)), false);
    assert.equal(isRefused(nested(66)), true);
    assert.equal(isRefused(JSON.stringify('['.repeat(100))), false);
    assert.equal(isRefused(JSON.stringify(`"${'['.repeat(100)}`)), false);
    assert.equal(isRefused(`["\\\\",${'['.repeat(64)}`), true);
    assert.equal(isRefused('[]'.repeat(100)), false);
  });

  it('has no field "__proto__", however it is written; as a value it is a text', () => {
    const names = ['"__proto__"', '"\\u005f_proto__"', '"__pr\\u006Fto__"', `"${'\\u005F'.repeat(2)}proto\\u005f_"`];
    for (const name of names) {
      assert.equal(JSON.parse(name), '__proto__');
      for (const gap of ['', ' ', '\n\t  ', ' '.repeat(5_000)])
        assert.equal(isRefused(`{"a":[{${name}${gap}:{}}]}`), true, name);
      assert.equal(isRefused(`{"a":${name},"b":[${name}]}`), false, name);
    }
    for (const text of [
      '{"proto":1}',
      '{"__proto":1}',
      '{"x__proto__":1}',
      '{"a":"\\"__proto__\\":"}',
      '{"\\\\u005f_proto__":1}',
    ])
      assert.equal(isRefused(text), false, text);
  });

  it('has no number that would be read as another one', () => {
    for (const text of [
      '9007199254740992',
      '[-9007199254740993]',
      '{"a":123456789012345678901}',
      '1e400',
      '-1E400',
      `${'9'.repeat(400)}.5`,
    ])
      assert.equal(isRefused(text), true, text);
    for (const text of [
      '9007199254740991',
      '-9007199254740991',
      '1e300',
      '0.1234567890123456789',
      '1.5e-400',
      '"9007199254740993"',
      '[true,false,null]',
    ])
      assert.equal(isRefused(text), false, text);
  });

  it('comes through unchanged, or is refused', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const parsed = parseJson(text);
        if (parsed.ok) assert.deepEqual(parsed.value, JSON.parse(text));
        else assert.ok(/__proto__|\d{16}|e\+?\d/.test(text) || text.split(/[[{]/).length > 64, text);
      }),
      { numRuns: 500 },
    );
  });

  it('is told apart from what is none without an exception, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string({ unit: 'binary' }),
          fc.string({ unit: fc.constantFrom(...'[ ] { } " , : \\ 0 e - .'.split(' ')) }),
        ),
        (text) => {
          const parsed = parseJson(text);
          assert.ok(parsed.ok || parsed.error.status === 400);
        },
      ),
      { numRuns: 300 },
    );
  });
});
