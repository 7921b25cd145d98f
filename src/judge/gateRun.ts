import type { Gate } from '../config/gates.js';
import type { AttemptContext } from '../attempt/attemptContext.js';
import { execute, type Executed } from '../attempt/execute.js';
import { readReport } from '../attempt/outputRecorder.js';
import { lendHook } from '../git/hooks.js';
import type { ProblemCounts } from '../state/problemCounts.js';
import { parseProblemCounts } from './problemCounts.js';
import { parseTestCounts, type TestCounts } from './testCounts.js';
import { parseCoverage } from './testCoverage.js';

/** One execution of a gate in a worktree, and what its output says of tests and problems. */
export interface GateRun extends Executed {
  readonly problems: ProblemCounts;
  readonly counts: TestCounts | undefined;
  /** Percent of lines. */
  readonly coverage: number | undefined;
  /** Whether less is covered than the configuration wants; then it has not passed. */
  readonly isUncovered: boolean;
}

/** `output`: what its output is called in the run's folder. */
export async function runGate(
  { plan, run, runId, signal, story, attempt, worker }: AttemptContext,
  gate: Gate,
  { cwd, output }: { readonly cwd: string; readonly output: string },
): Promise<GateRun> {
  const outputFile = run.output(story.id, attempt, output);
  const takeBack = gate.kind === 'hook' ? await lendHook(plan.repository.root, cwd) : undefined;
  const executed = await execute({
    argv: gate.argv,
    cwd,
    timeoutMs: plan.config.gateTimeout * 1_000,
    maxMemoryBytes: plan.config.attemptMemory * 1_000_000,
    marker: runId,
    worker,
    signal,
    outputFile,
  });
  await takeBack?.();
  const report = (await readReport(outputFile)) ?? executed.output;
  if (gate.name === 'test') return withCoverage(executed, report, plan.config.minCoverage ?? 0);
  const problems = parseProblemCounts(report);
  return { ...executed, problems, counts: undefined, coverage: undefined, isUncovered: false };
}

/** `least`: percent of lines, 0 for none. Tests that fail need not say how much they cover. */
export function withCoverage(executed: Executed, report: string, least: number): GateRun {
  const coverage = parseCoverage(report);
  const isUncovered = coverage === undefined ? least > 0 && executed.passed : coverage < least;
  const told = { ...executed, problems: {}, counts: parseTestCounts(report), coverage, isUncovered };
  if (!isUncovered) return told;
  const fault =
    coverage === undefined
      ? `The tests do not say how much they cover; ${least} % of lines have to be (minCoverage).`
      : `The tests cover ${coverage} % of lines; ${least} % have to be (minCoverage).`;
  return { ...told, passed: false, output: `${executed.output.trimEnd()}\n${fault}\n` };
}
