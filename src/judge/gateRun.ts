import type { Gate } from '../config/gates.js';
import type { AttemptContext } from '../attempt/attemptContext.js';
import { execute, type Executed } from '../attempt/execute.js';
import { readReport } from '../attempt/outputRecorder.js';
import { lendHook } from '../git/hooks.js';
import type { Result } from '../primitives/result.js';
import type { ProblemCounts } from '../state/problemCounts.js';
import { parseAudit } from './audit.js';
import { parseProblemCounts } from './problemCounts.js';
import { parseTestCounts, type TestCounts } from './testCounts.js';
import { parseCoverage } from './testCoverage.js';
import { readTestReports, removeTestReports } from './testReports.js';

/** Its report is one whole, or nothing. */
const AUDIT_BYTES = 16 * 1024 * 1024;

/** More than that helps nobody. */
const MOST_PACKAGES = 50;

/** One execution of a gate in a worktree, and what its output says of tests and problems. */
export interface GateRun extends Executed {
  readonly problems: ProblemCounts;
  readonly counts: TestCounts | undefined;
  /** Percent of lines. */
  readonly coverage: number | undefined;
  /** Whether less is covered than the configuration wants; then it has not passed. */
  readonly isUncovered: boolean;
  /** It could not find out what it is there for; then it has not passed. */
  readonly isInconclusive: boolean;
}

/** `output`: what its output is called in the run's folder. */
export async function runGate(
  context: AttemptContext,
  gate: Gate,
  { cwd, output }: { readonly cwd: string; readonly output: string },
): Promise<GateRun> {
  const { plan } = context;
  const { minCoverage = 0, testReport } = plan.config;
  const reports = gate.name === 'test' ? testReport : undefined;
  if (reports !== undefined) await removeTestReports(cwd, reports);
  const takeBack = gate.kind === 'hook' ? await lendHook(plan.repository.root, cwd) : undefined;
  const executed = await execute(context, { argv: gate.argv, cwd, output }).finally(takeBack);
  if (gate.kind === 'audit') {
    return withVulnerabilities(executed, (await readReport(executed.outputFile, AUDIT_BYTES)) ?? executed.output);
  }
  const report = (await readReport(executed.outputFile)) ?? executed.output;
  if (gate.name === 'test') {
    const counted = reports === undefined ? undefined : await readTestReports(cwd, reports);
    return withTestReport(withCoverage(executed, report, minCoverage), counted);
  }
  const problems = parseProblemCounts(report);
  return { ...executed, ...silent, problems };
}

/** Of a gate that says nothing of tests. */
const silent = { problems: {}, counts: undefined, coverage: undefined, isUncovered: false, isInconclusive: false };

/** Only a report without vulnerabilities passes: without one nobody knows. */
export function withVulnerabilities(executed: Executed, report: string): GateRun {
  const audited = parseAudit(report);
  if (!audited || (audited.vulnerabilities === 0 && !executed.passed)) {
    const output = `Known vulnerabilities could not be looked up:\n${executed.output}`;
    return { ...executed, ...silent, passed: false, isInconclusive: true, output };
  }
  const { vulnerabilities, packages } = audited;
  return {
    ...{ ...executed, ...silent, passed: vulnerabilities === 0, problems: { vulnerabilities } },
    output: vulnerabilities === 0 ? 'No known vulnerabilities' : packages.slice(0, MOST_PACKAGES).join('\n'),
  };
}

/** `counted`: what a report says that the tests wrote, which knows better than what they printed. */
export function withTestReport(run: GateRun, counted: Result<TestCounts, string> | undefined): GateRun {
  if (!counted) return run;
  const adding = (fault: string): string => `${run.output.trimEnd()}\n${fault}\n`;
  if (!counted.ok) return { ...run, output: adding(counted.error) };
  const { failed } = counted.value;
  if (!run.passed || failed === 0) return { ...run, counts: counted.value };
  const fault = `The report of the tests says that ${failed} of them failed, whatever the gate ended with (testReport).`;
  return { ...run, counts: counted.value, passed: false, output: adding(fault) };
}

/** `least`: percent of lines, 0 for none. Tests that fail need not say how much they cover. */
export function withCoverage(executed: Executed, report: string, least: number): GateRun {
  const coverage = parseCoverage(report);
  const isUncovered = coverage === undefined ? least > 0 && executed.passed : coverage < least;
  const told = { ...executed, ...silent, counts: parseTestCounts(report), coverage, isUncovered };
  if (!isUncovered) return told;
  const fault =
    coverage === undefined
      ? `The tests do not say how much they cover; ${least} % of lines have to be (minCoverage).`
      : `The tests cover ${coverage} % of lines; ${least} % have to be (minCoverage).`;
  return { ...told, passed: false, output: `${executed.output.trimEnd()}\n${fault}\n` };
}
