import assert from 'node:assert/strict';
import { parseTestCounts } from '../../../src/judge/testCounts.js';

const counts = (passed: number, failed: number) => ({ passed, failed, total: passed + failed });

const outputs: readonly (readonly [runner: string, output: string, ReturnType<typeof counts>])[] = [
  ['node --test, as TAP', '# tests 7\n# suites 0\n# pass 5\n# fail 2\n# cancelled 0\n# skipped 0\n', counts(5, 2)],
  ['node --test, with tests that were cancelled', '# tests 4\n# pass 1\n# fail 1\n# cancelled 2\n', counts(1, 3)],
  ['node --test, on a terminal', 'ℹ tests 3\nℹ suites 1\nℹ pass 3\nℹ fail 0\nℹ cancelled 0\n', counts(3, 0)],
  ['mocha, which says nothing of failures when there are none', '\n  12 passing (34ms)\n', counts(12, 0)],
  ['mocha', '\n\n  2 passing (5ms)\n  1 pending\n  1 failing\n\n  1) it\n', counts(2, 1)],
  [
    'jest',
    'FAIL src/a.test.js\nTest Suites: 1 failed, 3 passed, 4 total\nTests:       1 failed, 2 skipped, 10 passed, 13 total\nSnapshots:   0 total\nTime:        1.2 s\nRan all test suites.\n',
    counts(10, 1),
  ],
  ['jest, when all fail', 'Test Suites: 1 failed, 1 total\nTests:       2 failed, 2 total\n', counts(0, 2)],
  [
    'vitest, in colour',
    '\u001b[2m Test Files \u001b[22m \u001b[1m\u001b[31m1 failed\u001b[39m\u001b[22m\u001b[2m | \u001b[22m\u001b[1m\u001b[32m1 passed\u001b[39m\u001b[22m\u001b[90m (2)\u001b[39m\n\u001b[2m      Tests \u001b[22m \u001b[1m\u001b[31m1 failed\u001b[39m\u001b[22m\u001b[2m | \u001b[22m\u001b[1m\u001b[32m7 passed\u001b[39m\u001b[22m\u001b[90m (8)\u001b[39m\n   Duration  316ms\n',
    counts(7, 1),
  ],
  ['vitest', ' Test Files  2 passed (2)\n      Tests  7 passed | 1 skipped (8)\n   Start at  10:00:00\n', counts(7, 0)],
  [
    'pytest',
    'FAILED test_a.py::test_it - assert 1 == 2\n=== 1 failed, 10 passed, 2 skipped in 0.12s ===\n',
    counts(10, 1),
  ],
  [
    'pytest, quiet',
    '..........                                     [100%]\n10 passed, 1 warning in 75.32s (0:01:15)\n',
    counts(10, 0),
  ],
  ['pytest, when a file cannot be imported', '===== 1 passed, 2 errors in 0.31s =====\n', counts(1, 2)],
  [
    'go test -v',
    '=== RUN   TestAdd\n--- PASS: TestAdd (0.00s)\n=== RUN   TestSub\n    sub_test.go:9: 1 is not 2\n--- FAIL: TestSub (0.00s)\n=== RUN   TestOld\n--- SKIP: TestOld (0.00s)\nFAIL\nexit status 1\nFAIL\texample.test/sum\t0.003s\n',
    counts(1, 1),
  ],
  [
    'cargo test, of all programs',
    'running 3 tests\ntest result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\n   Doc-tests sample\n\nrunning 2 tests\ntest result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.41s\n',
    counts(4, 1),
  ],
];

describe('The counts of a test run', () => {
  for (const [runner, output, expected] of outputs) {
    it(`are read from ${runner}`, () => {
      assert.deepEqual(parseTestCounts(output), expected);
      assert.deepEqual(parseTestCounts(output.replaceAll('\n', '\r\n')), expected);
    });
  }

  it('are those of the last run in the output, whoever made it', () => {
    assert.equal(parseTestCounts('# pass 1\n# fail 0\n# pass 4\n# fail 0\n')?.passed, 4);
    assert.deepEqual(parseTestCounts('  3 passing (5ms)\n  2 failing\n\n  4 passing (5ms)\n'), counts(4, 0));
    for (const [, first] of outputs) {
      const [, second, expected] = outputs[5] ?? [];
      assert.deepEqual(parseTestCounts(`${first}\n${second}`), expected);
    }
  });

  it('are unknown where no runner closed with them', () => {
    for (const output of [
      'all is well\nI made 5 passing tests pass\n',
      'ok  \texample.test/sum\t0.003s\n--- FAIL: TestSub (0.00s)\n',
      'no tests ran in 0.01s\n',
      '3 deselected in 0.01s\n',
      '',
    ]) {
      assert.equal(parseTestCounts(output), undefined, output);
    }
  });
});
