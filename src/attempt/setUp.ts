import { err, ok, type Result } from '../primitives/result.js';
import type { AttemptContext } from './attemptContext.js';
import { stopped, type AttemptFailure } from './attemptFailure.js';
import { endText, execute } from './execute.js';

/** Runs the set-up commands in a new worktree. `output`: what their outputs are called, before their number. */
export async function setUp(
  context: AttemptContext,
  { cwd, output }: { readonly cwd: string; readonly output: string },
): Promise<Result<void, AttemptFailure>> {
  const { plan, run, runId, story, attempt, signal } = context;
  for (const [index, argv] of (plan.config.setup ?? []).entries()) {
    const [program, ...rest] = argv;
    if (program === undefined) continue;
    const executed = await execute({
      argv: [program, ...rest],
      cwd,
      timeoutMs: plan.config.gateTimeout * 1_000,
      maxMemoryBytes: plan.config.attemptMemory * 1_000_000,
      marker: runId,
      signal,
      outputFile: run.output(story.id, attempt, `${output}-${index + 1}`),
    });
    if (signal.aborted) return err(stopped(signal));
    if (!executed.passed) {
      return err({
        reason: 'environment',
        feedback: `Set-up command "${argv.join(' ')}" failed: ${endText(executed.end)}`,
      });
    }
  }
  return ok(undefined);
}
