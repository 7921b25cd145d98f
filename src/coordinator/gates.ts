import { resolveGates, type Gate } from '../config/gates.js';
import type { FailureReason } from '../events/failure.js';
import { failpoint } from '../primitives/failpoint.js';
import { err, ok, type Result } from '../primitives/result.js';
import { stopped } from './attempt.js';
import type { AttemptContext } from './attemptContext.js';
import { execute, type Executed } from './execute.js';
import { parseTestCounts } from './testCounts.js';

/** Why the gates do not let an attempt pass, in words that help the next attempt. */
export interface GateFailure {
  readonly reason: FailureReason;
  readonly feedback: string;
}

/** Runs every gate on the attempt's worktree, all of them, so that the feedback is complete. Answers the names that passed. */
export async function runGates(context: AttemptContext): Promise<Result<ReadonlySet<string>, GateFailure>> {
  const changed = await changedGates(context);
  if (changed.length > 0) return err({ reason: 'gate-failed', feedback: changed.join('\n') });
  const passed = new Set<string>();
  const failures: string[] = [];
  let timedOut = false;
  const { stopping } = context.control;
  for (const gate of context.plan.gates) {
    if (stopping.aborted) return err(stopped(stopping));
    const executed = await runGate(context, gate);
    if (executed.passed) passed.add(gate.name);
    else failures.push(`Gate "${gate.name}" (${gate.text}) failed:\n${executed.output}`);
    if (executed.end.kind === 'timed-out') timedOut = true;
  }
  if (stopping.aborted) return err(stopped(stopping));
  return failures.length === 0
    ? ok(passed)
    : err({ reason: timedOut ? 'gate-timeout' : 'gate-failed', feedback: failures.join('\n\n') });
}

async function runGate(context: AttemptContext, gate: Gate): Promise<Executed> {
  const { journal, story, plan, run, runId } = context;
  const about = { story_id: story.id, gate: gate.name };
  await journal.record('gate.started', { ...about, command: gate.text }, { storyId: story.id });
  failpoint('coordinator.gate-starting');
  const executed = await execute({
    argv: gate.argv,
    cwd: context.worktree,
    timeoutMs: plan.config.gateTimeout * 1_000,
    marker: runId,
    signal: context.control.stopping,
    outputFile: run.output(story.id, context.attempt, `gate-${gate.name}`),
  });
  failpoint('coordinator.gate-ended');
  const counts = gate.name === 'test' ? parseTestCounts(executed.output) : undefined;
  if (counts) await journal.record('test.run', { story_id: story.id, ...counts }, { storyId: story.id });
  if (executed.end.kind === 'stopped') return executed;
  await journal.record(
    'gate.completed',
    {
      ...about,
      passed: executed.passed,
      duration_ms: executed.durationMs,
      exit_code: executed.end.kind === 'exited' ? executed.end.exitCode : null,
      output: executed.output,
    },
    { storyId: story.id },
  );
  failpoint('coordinator.gate-recorded');
  return executed;
}

/** A gate that the attempt itself redefined is none: what a person approved is what runs. */
async function changedGates(context: AttemptContext): Promise<string[]> {
  const now = await resolveGates(context.worktree, context.plan.config);
  return context.plan.gates
    .filter((gate) => now.find((other) => other.name === gate.name)?.text !== gate.text)
    .map((gate) => `The attempt changed the gate "${gate.name}" (${gate.text}). Leave the gates as they are.`);
}
