import { plainText } from '../state/outputText.js';

/** Tests that failed include those that could not be run to their end; skipped ones are not counted. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly total: number;
}

interface Found {
  readonly passed: number;
  readonly failed: number;
  /** Where in the output it stands. */
  readonly at: number;
}

/** How one test runner tells its counts; undefined where the output has none of its. */
type Runner = (output: string) => Found | undefined;

const nodeTest: Runner = (output) => {
  const pass = last(output, /^\s*(?:#|ℹ) pass (\d+)\s*$/gm);
  if (!pass) return undefined;
  const after = output.slice(pass.index);
  const failed = last(after, /^\s*(?:#|ℹ) fail (\d+)\s*$/gm);
  const cancelled = last(after, /^\s*(?:#|ℹ) cancelled (\d+)\s*$/gm);
  return { passed: number(pass), failed: number(failed) + number(cancelled), at: pass.index };
};

const mocha: Runner = (output) => {
  const passing = last(output, /^\s*(\d+) passing\b/gm);
  if (!passing) return undefined;
  const failing = last(output.slice(passing.index), /^\s*(\d+) failing\b/gm);
  return { passed: number(passing), failed: number(failing), at: passing.index };
};

/** `Tests:  1 failed, 2 skipped, 10 passed, 13 total` */
const jest: Runner = (output) => inWords(last(output, /^Tests:\s+(.*\b\d+ total)\s*$/gm));

/** `Tests  1 failed | 10 passed (11)` */
const vitest: Runner = (output) => inWords(last(output, /^\s*Tests\s+(\d+ .*)\(\d+\)\s*$/gm));

/** `=== 1 failed, 10 passed, 1 error in 0.12s ===`, without its rules when it is to be quiet. */
const pytest: Runner = (output) =>
  inWords(last(output, /^(?:=+ )?((?:\d+ [a-z]+(?:, )?)+) in [\d.]+s\b(?: \([\d:]+\))?(?: =+)?\s*$/gm));

/** `--- PASS: TestIt (0.00s)` of `go test -v`, one for each test; the verdicts of packages alone are no counts. */
const goTest: Runner = (output) => {
  const results = [...output.matchAll(/^\s*--- (PASS|FAIL): /gm)];
  const at = results.at(-1)?.index;
  if (at === undefined || !/^=== RUN\b/m.test(output)) return undefined;
  const passed = results.filter(([, result]) => result === 'PASS').length;
  return { passed, failed: results.length - passed, at };
};

/** `test result: ok. 3 passed; 0 failed; …`, one for each of a package's programs. */
const cargoTest: Runner = (output) => {
  const results = [...output.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed;/gm)];
  const at = results.at(-1)?.index;
  if (at === undefined) return undefined;
  const sum = (group: 1 | 2): number => results.reduce((total, result) => total + Number(result[group]), 0);
  return { passed: sum(1), failed: sum(2), at };
};

const runners = [nodeTest, mocha, jest, vitest, pytest, goTest, cargoTest];

/** Counts that a known runner printed, of the last one if there are several; undefined when there are none. */
export function parseTestCounts(output: string): TestCounts | undefined {
  const text = plainText(output);
  const found = runners.flatMap((runner) => runner(text) ?? []).sort((a, b) => a.at - b.at);
  const counts = found.at(-1);
  return counts && { passed: counts.passed, failed: counts.failed, total: counts.passed + counts.failed };
}

function inWords(line: RegExpExecArray | undefined): Found | undefined {
  const words = line?.[1];
  if (line === undefined || words === undefined) return undefined;
  const of = (word: RegExp): number => number(last(words, word));
  const found = { passed: of(/(\d+) passed\b/g), failed: of(/(\d+) failed\b/g) + of(/(\d+) errors?\b/g) };
  return /\b(?:passed|failed|errors?)\b/.test(words) ? { ...found, at: line.index } : undefined;
}

function last(text: string, pattern: RegExp): RegExpExecArray | undefined {
  return [...text.matchAll(pattern)].at(-1);
}

function number(match: RegExpExecArray | undefined): number {
  return Number(match?.[1] ?? 0);
}
