import type { Gate } from '../config/gates.js';
import type { AttemptContext } from './attemptContext.js';
import { execute, type Executed } from './execute.js';
import { parseTestCounts, type TestCounts } from './testCounts.js';

/** One execution of a gate in a worktree, and what its output says of the tests. */
export interface GateRun extends Executed {
  readonly counts: TestCounts | undefined;
}

/** `output`: what its output is called in the run's folder. */
export async function runGate(
  { plan, run, runId, control, story, attempt }: AttemptContext,
  gate: Gate,
  { cwd, output }: { readonly cwd: string; readonly output: string },
): Promise<GateRun> {
  const executed = await execute({
    argv: gate.argv,
    cwd,
    timeoutMs: plan.config.gateTimeout * 1_000,
    marker: runId,
    signal: control.stopping,
    outputFile: run.output(story.id, attempt, output),
  });
  return { ...executed, counts: gate.name === 'test' ? parseTestCounts(executed.output) : undefined };
}
