import assert from 'node:assert/strict';
import { parseProblemCounts } from '../../../src/judge/problemCounts.js';
import type { ProblemCounts } from '../../../src/state/problemCounts.js';

const outputs: readonly (readonly [checker: string, output: string, ProblemCounts])[] = [
  [
    'tsc',
    "src/a.ts(1,7): error TS2322: Type 'string' is not assignable to type 'number'.\n  Types differ.\nsrc/b c.ts(2,1): error TS1005: ';' expected.\n",
    { errors: 2 },
  ],
  [
    'tsc, on a terminal',
    "\u001b[96msrc/a.ts\u001b[0m:\u001b[93m1\u001b[0m:\u001b[93m7\u001b[0m - \u001b[91merror\u001b[0m\u001b[90m TS2322: \u001b[0mType 'string' is not assignable to type 'number'.\n\n\u001b[7m1\u001b[0m const a: number = '';\n\nsrc/b.ts:2:1 - error TS1005: ';' expected.\n\n\nFound 2 errors in 2 files.\n\nErrors  Files\n     1  src/a.ts:1\n     1  src/b.ts:2\n",
    { errors: 2 },
  ],
  ['tsc, about its own configuration', "error TS5058: The specified path does not exist: 'x'.\n", { errors: 1 }],
  ['tsc, whose list is cut off', 'src/z.ts:2:1 - error TS1005: it\n\nFound 900 errors in 70 files.\n', { errors: 900 }],
  [
    'ESLint',
    "\n/w/a.js\n  1:7  error  'a' is never used  no-unused-vars\n\n✖ 5 problems (3 errors, 2 warnings)\n  1 error and 0 warnings potentially fixable with the `--fix` option.\n\n",
    { errors: 3, warnings: 2 },
  ],
  ['ESLint, with one problem', '✖ 1 problem (0 errors, 1 warning)\n', { errors: 0, warnings: 1 }],
  ['mypy', 'a.py:1: error: Incompatible types\nFound 3 errors in 1 file (checked 2 source files)\n', { errors: 3 }],
  ['Ruff', 'a.py:1:8: F401 `os` imported but unused\nFound 1 error.\n[*] 1 fixable.\n', { errors: 1 }],
  ['Ruff, which fixed some', 'Found 5 errors (3 fixed, 2 remaining).\n', { errors: 2 }],
  [
    'Biome',
    'Checked 3 files in 4ms. No fixes applied.\nFound 3 errors.\nFound 2 warnings.\n',
    { errors: 3, warnings: 2 },
  ],
  [
    'Pyright',
    '/w/a.py\n  /w/a.py:1:5 - error: it\n3 errors, 2 warnings, 0 informations \n',
    { errors: 3, warnings: 2 },
  ],
  ['Pyright, content', '0 errors, 0 warnings, 0 informations \n', { errors: 0, warnings: 0 }],
  [
    'cargo clippy',
    'warning: unused variable: `x`\nwarning: `a` (lib) generated 2 warnings (run `cargo fix --lib -p a` to apply 1 suggestion)\nwarning: `b` (bin "b") generated 1 warning\n    Finished dev [unoptimized] target(s) in 0.5s\n',
    { warnings: 3 },
  ],
  [
    'rustc by cargo',
    'error[E0308]: mismatched types\nerror: could not compile `a` (lib) due to 3 previous errors; 1 warning emitted\n',
    { errors: 3, warnings: 1 },
  ],
  ['rustc, of an older version', 'error: could not compile `a` due to previous error\n', { errors: 1 }],
  ['npm audit', '# npm audit report\n\n3 vulnerabilities (1 moderate, 2 high)\n', { vulnerabilities: 3 }],
  ['npm audit, of one severity', '\n2 high severity vulnerabilities\n\nTo address all', { vulnerabilities: 2 }],
  ['npm audit, content', 'found 0 vulnerabilities\n', { vulnerabilities: 0 }],
];

describe('The problems that a check counts', () => {
  for (const [checker, output, expected] of outputs) {
    it(`are read from ${checker}`, () => {
      assert.deepEqual(parseProblemCounts(output), expected);
      assert.deepEqual(parseProblemCounts(output.replaceAll('\n', '\r\n')), expected);
    });
  }

  it('are those of all checks in the output together', () => {
    const twice = '✖ 5 problems (3 errors, 2 warnings)\n✖ 1 problem (1 error, 0 warnings)\nFound 2 errors.\n';
    assert.deepEqual(parseProblemCounts(twice), { errors: 6, warnings: 2 });
  });

  it('are unknown where no check closed with them', () => {
    for (const output of ['', 'All checks passed!\n', 'it: 3 errors, 2 warnings\n', 'I Found 3 errors.\n']) {
      assert.deepEqual(parseProblemCounts(output), {}, output);
    }
  });
});
