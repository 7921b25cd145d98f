import assert from 'node:assert/strict';
import fc from 'fast-check';
import { mayBeFlaky, verdictOnFailure, verdictOnFailures } from '../../../src/judge/gateVerdict.js';
import { withCoverage, type GateRun } from '../../../src/judge/gateRun.js';
import type { TestCounts } from '../../../src/judge/testCounts.js';
import type { ProblemCounts } from '../../../src/state/problemCounts.js';
import type { CommandEnd } from '../../../src/processes/guarded.js';

const exited = (exitCode: number): CommandEnd => ({ kind: 'exited', exitCode, survivors: 0 });
const ran = (end: CommandEnd, counts?: TestCounts, problems: ProblemCounts = {}): GateRun => ({
  end,
  passed: end.kind === 'exited' && end.exitCode === 0,
  output: '',
  durationMs: 1,
  outputFile: '',
  problems,
  counts,
  coverage: undefined,
  isUncovered: false,
  isInconclusive: false,
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

  it('is an old failure if and only if it finds no more errors than on the base, where it counts them', () => {
    const finding = (problems: ProblemCounts): GateRun => ran(exited(1), undefined, problems);
    const kinds = (now: ProblemCounts, before: ProblemCounts) => verdictOnFailure(finding(now), finding(before)).kind;
    assert.equal(kinds({ errors: 3 }, { errors: 3 }), 'old-failure');
    assert.equal(kinds({ errors: 4 }, { errors: 3 }), 'failed');
    assert.equal(kinds({ errors: 3, warnings: 9 }, { errors: 3, warnings: 1 }), 'old-failure');
    assert.equal(kinds({ errors: 4 }, {}), 'old-failure', 'nobody knows how many there were');
    assert.equal(kinds({ errors: 0, warnings: 2 }, { errors: 0, warnings: 1 }), 'failed', 'it fails by its warnings');
  });

  it('is an old failure when it is no worse one of the times it was run, whichever', () => {
    const [base, same, worse] = [failing(3, 1), failing(3, 1), failing(2, 2)];
    const oldFailure = { run: same, verdict: { kind: 'old-failure' }, base };
    assert.deepEqual(verdictOnFailures(worse, same, base), oldFailure);
    assert.deepEqual(verdictOnFailures(same, worse, base), oldFailure);
    assert.equal(verdictOnFailures(worse, worse, base).verdict.kind, 'failed');
    assert.equal(verdictOnFailures(worse, undefined, base).verdict.kind, 'failed');
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

  it('got worse when less is covered than on the base, and that is not enough', () => {
    const covering = (percent: number): GateRun => withCoverage(ran(exited(0)), `Lines : ${percent}%\n`, 80);
    assert.equal(verdictOnFailure(covering(60), covering(60)).kind, 'old-failure');
    assert.equal(verdictOnFailure(covering(70), covering(60)).kind, 'old-failure');
    assert.equal(verdictOnFailure(covering(59), covering(60)).kind, 'failed');
    assert.equal(verdictOnFailure(ran(exited(1)), covering(60)).kind, 'failed', 'its tests passed before');
  });

  it('is tried again, unless that takes too long', () => {
    assert.equal(mayBeFlaky(ran(exited(1))), true);
    assert.equal(mayBeFlaky(ran({ kind: 'signalled', signal: 'SIGSEGV', survivors: 0 })), true);
    assert.equal(mayBeFlaky(ran({ kind: 'timed-out' })), false);
    assert.equal(mayBeFlaky(ran(exited(0))), false);
    assert.equal(mayBeFlaky(withCoverage(ran(exited(0)), '', 80)), false, 'nothing else would be covered');
  });
});

describe('The tests of a run that wants a least coverage', () => {
  const coverage = (output: string, exitCode: number, least: number): GateRun =>
    withCoverage(ran(exited(exitCode)), output, least);

  it('pass when they cover as much, and say what is missing when they do not', () => {
    assert.equal(coverage('Lines : 80%', 0, 80).passed, true);
    const low = coverage('Lines : 79.9%', 0, 80);
    assert.deepEqual([low.passed, low.coverage], [false, 79.9]);
    assert.match(low.output, /79\.9 % of lines; 80 %/);
  });

  it('do not pass when they do not say how much they cover, unless none is wanted', () => {
    assert.match(coverage('all is well', 0, 80).output, /do not say/);
    assert.equal(coverage('all is well', 0, 80).passed, false);
    assert.equal(coverage('all is well', 0, 0).passed, true);
    assert.doesNotMatch(coverage('1 failing', 1, 80).output, /do not say/, 'they fail for reasons of their own');
  });
});
