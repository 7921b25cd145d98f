import assert from 'node:assert/strict';
import fc from 'fast-check';
import { mayBeFlaky, verdictOnFailure } from '../../../src/coordinator/gateVerdict.js';
import type { GateRun } from '../../../src/coordinator/gateRun.js';
import type { TestCounts } from '../../../src/coordinator/testCounts.js';
import type { CommandEnd } from '../../../src/processes/guarded.js';

const exited = (exitCode: number): CommandEnd => ({ kind: 'exited', exitCode, survivors: 0 });
const ran = (end: CommandEnd, counts?: TestCounts): GateRun => ({
  end,
  passed: end.kind === 'exited' && end.exitCode === 0,
  output: '',
  durationMs: 1,
  counts,
});
const tests = (passed: number, failed: number): TestCounts => ({ passed, failed, total: passed + failed });
const failing = (passed: number, failed: number): GateRun => ran(exited(1), tests(passed, failed));

describe('A gate that fails on an attempt', () => {
  it('fails it when it passes on the base, or when nobody knows what it says there', () => {
    assert.deepEqual(verdictOnFailure(ran(exited(1)), ran(exited(0))), { kind: 'failed', base: 'passed' });
    assert.deepEqual(verdictOnFailure(ran(exited(1)), undefined), { kind: 'failed', base: undefined });
  });

  it('is an old failure when it fails on the base, too, and nothing is known of tests', () => {
    assert.deepEqual(verdictOnFailure(ran(exited(1)), ran(exited(2))), { kind: 'old-failure' });
    assert.deepEqual(verdictOnFailure(failing(3, 1), ran(exited(2))), { kind: 'old-failure' });
  });

  it('is an old failure if and only if no more tests fail than on the base, and no fewer pass', () => {
    const counts = fc.record({ passed: fc.nat(5), failed: fc.nat(5) });
    fc.assert(
      fc.property(counts, counts, (now, before) => {
        const { kind } = verdictOnFailure(failing(now.passed, now.failed), failing(before.passed, before.failed));
        const isNoWorse = now.failed <= before.failed && now.passed >= before.passed;
        assert.equal(kind, isNoWorse ? 'old-failure' : 'failed');
      }),
    );
  });

  it('got worse when its tests do not even begin any more, or do not end', () => {
    const lost = verdictOnFailure(ran(exited(1)), failing(3, 1));
    assert.match(lost.kind === 'failed' && typeof lost.base === 'object' ? lost.base.worse : '', /of 3 tests/);
    assert.equal(verdictOnFailure(ran({ kind: 'timed-out' }), ran(exited(1))).kind, 'failed');
    assert.equal(verdictOnFailure(ran({ kind: 'timed-out' }), ran({ kind: 'timed-out' })).kind, 'old-failure');
  });

  it('is never an old failure when its program was not found: it has checked nothing', () => {
    for (const end of [exited(127), exited(126), { kind: 'not-found', message: 'no such program' } as const]) {
      assert.deepEqual(verdictOnFailure(ran(end), ran(end)), { kind: 'failed', base: undefined });
      assert.equal(mayBeFlaky(ran(end)), false);
    }
  });

  it('is tried again, unless that takes too long', () => {
    assert.equal(mayBeFlaky(ran(exited(1))), true);
    assert.equal(mayBeFlaky(ran({ kind: 'signalled', signal: 'SIGSEGV', survivors: 0 })), true);
    assert.equal(mayBeFlaky(ran({ kind: 'timed-out' })), false);
    assert.equal(mayBeFlaky(ran(exited(0))), false);
  });
});
