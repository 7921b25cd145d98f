import { commandGates, type Gate } from '../config/gates.js';
import type { EventData } from '../events/catalogue.js';
import type { SnapshotCommit } from '../git/snapshot.js';
import { hookGate } from '../plan/hookGate.js';
import { failpoint } from '../primitives/failpoint.js';
import { err, ok, type Result } from '../primitives/result.js';
import { stopped, type AttemptFailure } from '../attempt/attemptFailure.js';
import type { AttemptContext } from '../attempt/attemptContext.js';
import type { Baselines } from './baselines.js';
import { runHook, stageAttempt } from './hookRun.js';
import { runGate, type GateRun } from './gateRun.js';
import { mayBeFlaky, verdictOnAudit, verdictOnFailures, type Judged } from './gateVerdict.js';

/** What let an attempt pass. */
export interface GatesPassed {
  /** Names of the gates that did. */
  readonly passed: ReadonlySet<string>;
  /** The attempt with what a hook made of it. */
  readonly snapshot: SnapshotCommit;
}

/** Runs every gate on the attempt's worktree, all of them, so that the feedback is complete and helps the next attempt. */
export async function runGates(
  context: AttemptContext,
  baselines: Baselines,
  attempted: SnapshotCommit,
): Promise<Result<GatesPassed, AttemptFailure>> {
  let snapshot = attempted;
  const kept = await gatesAreKept(context, snapshot);
  if (!kept.ok) return kept;
  const passed = new Set<string>();
  const failures: string[] = [];
  let timedOut = false;
  for (const gate of context.plan.gates) {
    if (context.signal.aborted) return err(stopped(context.signal));
    if (gate.kind === 'audit' && !gate.reads.some((file) => snapshot.files.includes(file))) continue;
    const judge = (): Promise<Judged> => check(context, gate, baselines);
    const ran =
      gate.kind === 'hook' ? await runHook(context, snapshot, judge) : ok({ judged: await judge(), snapshot });
    if (!ran.ok) return ran;
    ({ snapshot } = ran.value);
    const { run, verdict } = ran.value.judged;
    switch (verdict.kind) {
      case 'passed':
      case 'flaky':
        passed.add(gate.name);
        break;
      case 'old-failure':
      case 'warning':
      case 'inconclusive':
        break;
      case 'failed':
        failures.push(feedbackOf(gate, run, verdict.base));
        if (run.end.kind === 'timed-out') timedOut = true;
        break;
    }
    if (gate.kind !== 'hook') continue;
    // Whatever it runs of the attempt's may have changed them.
    const stillKept = await gatesAreKept(context, snapshot);
    if (!stillKept.ok) return stillKept;
  }
  if (context.signal.aborted) return err(stopped(context.signal));
  return failures.length === 0
    ? ok({ passed, snapshot })
    : err({ reason: timedOut ? 'gate-timeout' : 'gate-failed', feedback: failures.join('\n\n') });
}

async function check(context: AttemptContext, gate: Gate, baselines: Baselines): Promise<Judged> {
  const { journal, story, signal } = context;
  const about = { storyId: story.id };
  await journal.record('gate.started', { story_id: story.id, gate: gate.name, command: gate.text }, about);
  failpoint('coordinator.gate-starting');
  const checked = await judgeGate(context, gate, baselines);
  failpoint('coordinator.gate-ended');
  // Nobody knows how it would have ended.
  if (signal.aborted) return checked;
  const { run } = checked;
  const { counts, coverage } = run;
  if (counts) {
    const tests = { story_id: story.id, ...counts, ...(coverage !== undefined && { coverage }) };
    await journal.record('test.run', tests, about);
  }
  await journal.record(
    'gate.completed',
    {
      story_id: story.id,
      gate: gate.name,
      passed: run.passed,
      duration_ms: run.durationMs,
      exit_code: run.end.kind === 'exited' ? run.end.exitCode : null,
      output: run.output,
      ...(!gate.required && { required: false }),
      ...run.problems,
      ...recorded(checked),
    },
    about,
  );
  failpoint('coordinator.gate-recorded');
  return checked;
}

/** Runs it; when it fails, once more; when it fails again, on the attempt's base. A gate that passes, or only warns, costs nothing more. */
async function judgeGate(context: AttemptContext, gate: Gate, baselines: Baselines): Promise<Judged> {
  const cwd = context.worktree;
  const first = await runGate(context, gate, { cwd, output: `gate-${gate.name}` });
  if (first.passed) return { run: first, verdict: { kind: 'passed' } };
  if (gate.kind === 'audit') {
    const base = first.isInconclusive ? undefined : await baselines.of(context, gate);
    return verdictOnAudit(first, base);
  }
  if (!gate.required) return { run: first, verdict: { kind: 'warning' } };
  const again = mayBeFlaky(first) ? await runAgain(context, gate) : undefined;
  if (again?.passed) return { run: again, verdict: { kind: 'flaky' } };
  // On a base nothing is staged: what a hook says there says nothing.
  if (context.signal.aborted || gate.kind === 'hook')
    return { run: first, verdict: { kind: 'failed', base: undefined } };
  return verdictOnFailures(first, again, await baselines.of(context, gate));
}

/** On the same files; those that a hook left of them, as for a person who commits once more. */
async function runAgain(context: AttemptContext, gate: Gate): Promise<GateRun> {
  if (gate.kind === 'hook') await stageAttempt(context);
  return runGate(context, gate, { cwd: context.worktree, output: `again-${gate.name}` });
}

/** The verdict as an event tells it. */
function recorded({ verdict, base }: Judged): Pick<EventData<'gate.completed'>, 'baseline' | 'flaky' | 'inconclusive'> {
  switch (verdict.kind) {
    case 'passed':
      return {};
    case 'warning':
      return base ? { baseline: { passed: base.passed, ...(!base.passed && { worse: true }), ...base.problems } } : {};
    case 'inconclusive':
      return { inconclusive: true };
    case 'flaky':
      return { flaky: true };
    case 'old-failure':
      return { baseline: { passed: false, ...base?.problems } };
    case 'failed':
      if (verdict.base === undefined) return {};
      return {
        baseline: verdict.base === 'passed' ? { passed: true } : { passed: false, worse: true, ...base?.problems },
      };
  }
}

function feedbackOf(
  { name, text }: Gate,
  run: GateRun,
  base: Extract<Judged['verdict'], { kind: 'failed' }>['base'],
): string {
  const before =
    base === 'passed' ? ' It passed before.' : base && ` It failed before, too, but not as badly: ${base.worse}.`;
  return `Gate "${name}" (${text}) failed.${before ?? ''}\n${run.output}`;
}

/** A gate that the attempt itself redefined is none: what a person approved is what runs. */
async function gatesAreKept(
  { plan, worktree }: AttemptContext,
  { files }: SnapshotCommit,
): Promise<Result<void, AttemptFailure>> {
  // The text of an audit is ours, and what it reads may go.
  const gates = plan.gates.filter(({ kind }) => kind !== 'audit');
  const hasHook = gates.some(({ kind }) => kind === 'hook');
  const hooks = hasHook ? await hookGate(worktree, plan.repository.root) : [];
  const now = [...hooks, ...(await commandGates(worktree, plan.config))];
  const other = gates.filter((gate) => now.find(({ name }) => name === gate.name)?.text !== gate.text);
  const notByIt = other.find((gate) => gate.kind === 'hook' && !gate.reads.some((file) => files.includes(file)));
  if (notByIt) {
    const feedback = `The pre-commit hook is another one than when the run began (${notByIt.text}), in the checkout or in what the run builds on. See that both are the same, and resume.`;
    return err({ reason: 'settings-changed', feedback });
  }
  const changed = other.map(
    (gate) => `The attempt changed the gate "${gate.name}" (${gate.text}). Leave the gates as they are.`,
  );
  return changed.length === 0 ? ok(undefined) : err({ reason: 'gate-failed', feedback: changed.join('\n') });
}
