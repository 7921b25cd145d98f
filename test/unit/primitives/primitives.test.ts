import assert from 'node:assert/strict';
import { assertNever } from '../../../src/primitives/assertNever.js';
import { systemClock } from '../../../src/primitives/clock.js';
import { deferred } from '../../../src/primitives/deferred.js';
import { errorCode } from '../../../src/primitives/errorCode.js';
import { silentLogger } from '../../../src/primitives/logger.js';
import { err, ok, type Result } from '../../../src/primitives/result.js';

describe('The system clock', () => {
  it('calls back once, not before the time', async () => {
    const { promise, resolve } = deferred<number>();
    const start = systemClock.monotonic();
    let calls = 0;
    systemClock.after(20, () => {
      calls += 1;
      resolve(systemClock.monotonic());
    });
    // A timer of Node may fire up to a millisecond early.
    assert.ok((await promise) - start >= 19);
    assert.equal(calls, 1);
  });

  it('does not call back once it was told not to', async () => {
    const called: string[] = [];
    const { promise, resolve } = deferred();
    systemClock.after(1, () => called.push('disposed'))[Symbol.dispose]();
    systemClock.after(2, resolve);
    await promise;
    assert.deepEqual(called, []);
  });

  it("tells people's time", () => {
    const before = Date.now();
    const now = systemClock.now();
    assert.ok(before <= now && now <= Date.now());
  });
});

describe('A deferred', () => {
  it('is settled once, from outside', async () => {
    const first = deferred<number>();
    first.resolve(1);
    first.resolve(2);
    first.reject(new Error('late'));
    assert.equal(await first.promise, 1);

    const second = deferred<number>();
    second.reject(new Error('no'));
    await assert.rejects(second.promise, /^Error: no$/);
  });
});

describe('A result', () => {
  it('is a value or a failure', () => {
    const half = (value: number): Result<number, string> => (value % 2 === 0 ? ok(value / 2) : err('odd'));
    assert.deepEqual(half(4), { ok: true, value: 2 });
    assert.deepEqual(half(3), { ok: false, error: 'odd' });
  });
});

describe('A forgotten case', () => {
  it('is a bug of ours and says which', () => {
    assert.throws(() => assertNever('gone' as never), /^Error: Internal error: unexpected value "gone"$/);
  });
});

describe('The silent logger', () => {
  it('takes every level', () => {
    for (const level of ['debug', 'info', 'warn', 'error'] as const) silentLogger[level]('nothing');
  });
});

describe('What the system said', () => {
  it('is known by its code, and nothing else that is thrown has one', () => {
    const failure = (code: unknown): Error => Object.assign(new Error('it failed'), { code });
    assert.equal(errorCode(failure('ENOENT')), 'ENOENT');
    for (const other of [new Error('ENOENT'), failure(2), { code: 'ENOENT' }, 'ENOENT', undefined, null])
      assert.equal(errorCode(other), undefined);
  });
});
