import assert from 'node:assert/strict';
import { parseTestCounts } from '../../../src/coordinator/testCounts.js';

describe('The counts of a test run', () => {
  it("are read from node's own runner, as TAP and as it prints on a terminal", () => {
    assert.deepEqual(parseTestCounts('# tests 7\n# suites 0\n# pass 5\n# fail 2\n# cancelled 0\n'), {
      passed: 5,
      failed: 2,
      total: 7,
    });
    assert.deepEqual(parseTestCounts('ℹ tests 3\nℹ pass 3\nℹ fail 0\n'), { passed: 3, failed: 0, total: 3 });
  });

  it('are read from mocha, which says nothing of failures when there are none', () => {
    assert.deepEqual(parseTestCounts('\n  12 passing (34ms)\n'), { passed: 12, failed: 0, total: 12 });
    assert.deepEqual(parseTestCounts('  2 passing (5ms)\n  1 failing\n'), { passed: 2, failed: 1, total: 3 });
  });

  it('are those of the last run in the output', () => {
    assert.equal(parseTestCounts('# pass 1\n# fail 0\n# pass 4\n# fail 0\n')?.passed, 4);
  });

  it('are unknown where no runner closed with them', () => {
    assert.equal(parseTestCounts('all is well\nI made 5 passing tests pass\n'), undefined);
  });
});
