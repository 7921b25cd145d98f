import assert from 'node:assert/strict';
import { parseCoverage } from '../../../src/judge/testCoverage.js';

const outputs: readonly (readonly [reporter: string, output: string, percent: number])[] = [
  [
    'node --test, as TAP',
    '# pass 3\n# start of coverage report\n# ------\n# file      | line % | branch % | funcs % | uncovered lines\n# ------\n# sum.js    |  85.71 |   66.67 |  100.00 | 4-5\n# ------\n# all files |  90.48 |   75.00 |  100.00 |\n# ------\n# end of coverage report\n',
    90.48,
  ],
  [
    'node --test, on a terminal',
    'ℹ sum.js    |  85.71 |   66.67 |  100.00 | 4-5\nℹ all files | 100.00 |   75.00 |  100.00 | \n',
    100,
  ],
  [
    'the table of jest, vitest and c8: lines, not statements',
    '----------|---------|----------|---------|---------|-------------------\nFile      | % Stmts | % Branch | % Funcs | % Lines | Uncovered Line #s\n----------|---------|----------|---------|---------|-------------------\nAll files |   71.42 |       50 |   66.66 |   83.33 |\n sum.js   |   71.42 |       50 |   66.66 |   83.33 | 4-5\n----------|---------|----------|---------|---------|-------------------\n',
    83.33,
  ],
  [
    'the summary of Istanbul',
    '=============================== Coverage summary ===============================\nStatements   : 71.42% ( 5/7 )\nBranches     : 50% ( 1/2 )\nFunctions    : 66.66% ( 2/3 )\nLines        : 83.33% ( 5/6 )\n================================================================================\n',
    83.33,
  ],
  [
    'pytest-cov',
    'Name      Stmts   Miss  Cover\n-----------------------------\nsum.py       20      3    85%\n-----------------------------\nTOTAL        20      3    85%\n\n1 passed in 0.05s\n',
    85,
  ],
  ['pytest-cov with branches', 'TOTAL        20      3      6      1  81.25%\n', 81.25],
  [
    'go test -cover of one package',
    'PASS\ncoverage: 66.7% of statements\nok  \texample.test/sum\t0.003s\tcoverage: 66.7% of statements\n',
    66.7,
  ],
  [
    'go tool cover -func',
    'ok  \texample.test/a\t0.003s\tcoverage: 50.0% of statements\nok  \texample.test/b\t0.003s\tcoverage: 100.0% of statements\nexample.test/a/a.go:3:\tAdd\t100.0%\ntotal:\t\t\t(statements)\t62.5%\n',
    62.5,
  ],
];

describe('The coverage of a test run', () => {
  for (const [reporter, output, percent] of outputs) {
    it(`is read from ${reporter}`, () => {
      assert.equal(parseCoverage(output), percent);
    });
  }

  it('is unknown when nobody says it, or only of parts', () => {
    const parts =
      'ok  \texample.test/a\t0.003s\tcoverage: 50.0% of statements\nok  \texample.test/b\t0.003s\tcoverage: 100.0% of statements\n';
    for (const output of ['', '# pass 3\n', parts, 'Lines : many\n', 'TOTAL 100%\n']) {
      assert.equal(parseCoverage(output), undefined, output);
    }
  });
});
