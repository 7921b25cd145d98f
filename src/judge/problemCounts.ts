import { plainText } from '../state/outputText.js';
import { problemCounts, type ProblemCounts, type ToldProblems } from '../state/problemCounts.js';

/** How one kind of check tells its counts; undefined where the output has none of its. */
type Checker = (output: string) => ToldProblems;

/** Lines `a.ts(1,2): error TS2322: …` or `a.ts:1:2 - error TS2322: …`; a summary stands below the latter only. */
const typescript: Checker = (output) => {
  const lines = [...output.matchAll(/^(?:.+(?:\(\d+,\d+\):|:\d+:\d+ -) )?error TS\d+: /gm)].length;
  // Where the top of the output is cut off, the summary knows more.
  return lines === 0 ? found(output) : { errors: Math.max(lines, found(output).errors ?? 0) };
};

/** `Found 3 errors in 2 files` (tsc, mypy), `Found 3 errors.` (Ruff, Biome), `Found 3 errors (2 fixed, 1 remaining).` (Ruff) */
const found: Checker = (output) => ({
  errors: sum(output, /^Found (?:\d+ errors? \(\d+ fixed, )?(\d+) (?:errors?|remaining)\b/gm),
  warnings: sum(output, /^Found (\d+) warnings?\b/gm),
});

/** `✖ 5 problems (3 errors, 2 warnings)` */
const eslint: Checker = (output) => ({
  errors: sum(output, /^[✖×] \d+ problems? \((\d+) errors?, \d+ warnings?\)/gm),
  warnings: sum(output, /^[✖×] \d+ problems? \(\d+ errors?, (\d+) warnings?\)/gm),
});

/** `3 errors, 2 warnings, 0 informations` */
const pyright: Checker = (output) => ({
  errors: sum(output, /^(\d+) errors?, \d+ warnings?, \d+ informations?\b/gm),
  warnings: sum(output, /^\d+ errors?, (\d+) warnings?, \d+ informations?\b/gm),
});

/** `warning: "x" (lib) generated 2 warnings`, `error: could not compile "x" (lib) due to 3 previous errors; 1 warning emitted` */
const rustc: Checker = (output) => ({
  errors: sum(output, /^error: could not compile .+ due to (?:(\d+) )?previous errors?\b/gm),
  warnings: sum(output, /^(?:warning: .+ generated|error: could not compile .+;) (\d+) warnings?\b/gm),
});

/** `3 high severity vulnerabilities`, `5 vulnerabilities (2 moderate, 3 high)`, `found 0 vulnerabilities` */
const npmAudit: Checker = (output) => ({
  vulnerabilities: sum(output, /^(?:found )?(\d+) (?:[a-z]+ severity )?vulnerabilit(?:y|ies)\b/gm),
});

const checkers = [typescript, eslint, pyright, rustc, npmAudit];

/** What the known checks say in an output, all of them together: a gate may have several, and one for each package. */
export function parseProblemCounts(output: string): ProblemCounts {
  const text = plainText(output);
  const told = checkers.map((checker) => checker(text));
  const total = (kind: keyof ProblemCounts): number | undefined => add(told.flatMap((counts) => counts[kind] ?? []));
  return problemCounts({
    errors: total('errors'),
    warnings: total('warnings'),
    vulnerabilities: total('vulnerabilities'),
  });
}

/** Of the first group of all matches; one that is left out says "one". Undefined when nothing matches. */
function sum(output: string, pattern: RegExp): number | undefined {
  return add([...output.matchAll(pattern)].map(([, count]) => Number(count ?? 1)));
}

function add(counts: readonly number[]): number | undefined {
  return counts.length === 0 ? undefined : counts.reduce((total, count) => total + count, 0);
}
