import { err, ok, type Result } from '../primitives/result.js';
import type { AttemptContext } from './attemptContext.js';
import { stopped, type AttemptFailure } from './attemptFailure.js';
import { copyFiles } from './copyFiles.js';
import { endText, execute } from './execute.js';

/** Where a worktree is, and what the outputs of its set-up are called, before their number. */
interface NewWorktree {
  readonly cwd: string;
  readonly output: string;
}

/** Makes a worktree ready that an attempt needs besides its own. */
export async function prepareWorktree(
  context: AttemptContext,
  worktree: NewWorktree,
): Promise<Result<void, AttemptFailure>> {
  const copied = await copyFiles(context.plan, worktree.cwd);
  return copied.ok ? setUp(context, worktree) : copied;
}

/** Runs the set-up commands in a new worktree. */
export async function setUp(
  context: AttemptContext,
  { cwd, output }: NewWorktree,
): Promise<Result<void, AttemptFailure>> {
  const { plan, signal } = context;
  for (const [index, argv] of (plan.config.setup ?? []).entries()) {
    const [program, ...rest] = argv;
    if (program === undefined) continue;
    const executed = await execute(context, { argv: [program, ...rest], cwd, output: `${output}-${index + 1}` });
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
