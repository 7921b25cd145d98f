import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { AgentEnd, CriterionClaim } from '../agents/agent.js';
import { ClaimEndpoint } from '../agents/claimEndpoint.js';
import { ReportDesk } from '../agents/reportTool.js';
import type { FailureReason } from '../events/failure.js';
import type { SnapshotCommit } from '../git/snapshot.js';
import { failpoint } from '../primitives/failpoint.js';
import { err, ok, type Result } from '../primitives/result.js';
import { taskId, type AttemptContext } from './attemptContext.js';
import { endText, execute } from './execute.js';
import { IdleWatch, type IdleEnd } from './idleWatch.js';
import { OutputRecorder } from './outputRecorder.js';
import type { Claim } from './proof.js';
import { storyTimeOver } from './storyTime.js';
import { recordClaim, recordProgress, warn } from './agentProgress.js';

/** Why an attempt is not good enough. `feedback` goes into the next attempt's prompt. */
export interface AttemptFailure {
  readonly reason: FailureReason;
  readonly feedback: string;
  /** When the agent's limit is lifted, as ISO time, where the agent knows. */
  readonly resetsAt?: string;
  /** The agent printed nothing. */
  readonly silent?: boolean;
}

/** The failure of an attempt that was told to end by this signal. */
export function stopped({ reason }: AbortSignal): AttemptFailure {
  return reason === storyTimeOver
    ? { reason: 'story-timeout', feedback: "The story's time was over, and the attempt was stopped." }
    : { reason: 'interrupted', feedback: 'The attempt was stopped.' };
}

/** Saves what the worktree holds as a commit and a ref; called before anything is judged. */
export type SaveAttempt = (context: AttemptContext) => Promise<Result<SnapshotCommit, AttemptFailure>>;

/** What an agent made, not judged yet. */
export interface Attempted {
  readonly snapshot: SnapshotCommit;
  readonly claims: readonly Claim[];
}

/** One attempt in its worktree: set-up → agent → saved as a ref. Answers the commit that is to be judged. */
export async function runAttempt(
  context: AttemptContext,
  prompt: string,
  save: SaveAttempt,
): Promise<Result<Attempted, AttemptFailure>> {
  const prepared = await setUp(context, { cwd: context.worktree, output: 'setup' });
  if (!prepared.ok) return prepared;
  failpoint('coordinator.set-up');
  const { end, claims, silent } = await runAgent(context, prompt);
  failpoint('coordinator.agent-recorded');
  const saved = await save(context);
  failpoint('coordinator.attempt-saved');
  const { signal } = context;
  if (signal.aborted) return err(stopped(signal));
  const agentFailure = failureOf(end, signal);
  if (agentFailure) return err({ ...agentFailure, silent });
  if (!saved.ok) return saved;
  if (saved.value.files.length === 0) {
    return err({ reason: 'no-changes', feedback: 'The attempt changed no file.', silent });
  }
  return ok({ snapshot: saved.value, claims });
}

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

/** How an agent ended, and what it said. */
interface AgentRun {
  readonly end: AgentEnd | IdleEnd;
  readonly claims: readonly Claim[];
  /** It printed nothing at all. */
  readonly silent: boolean;
}

async function runAgent(context: AttemptContext, prompt: string): Promise<AgentRun> {
  const { plan, run, runId, journal, story, attempt, agent, model, signal } = context;
  const about = { storyId: story.id };
  const promptFile = run.prompt(story.id, attempt);
  await mkdir(path.dirname(promptFile), { recursive: true, mode: 0o700 });
  await writeFile(promptFile, prompt, { mode: 0o600 });
  const output = await OutputRecorder.create(run.transcript(story.id, attempt));
  const claims: Claim[] = [];
  const recorded: Promise<void>[] = [];
  using idle = new IdleWatch(context.clock, plan.config.idleTimeout);
  const later = (recording: Promise<void>): Promise<void> => {
    // Awaited below; a lost journal must not surface as an unhandled rejection meanwhile.
    recording.catch(() => {});
    recorded.push(recording);
    return recording;
  };
  const claimed = (claim: CriterionClaim): Promise<void> => {
    idle.onSignOfLife();
    claims.push(claim);
    return later(recordClaim(context, claim));
  };
  const criteria = story.criteria.map(({ index }) => index);
  const task = { story_key: story.id, command: agent.name, task_id: taskId(context, 'agent'), kind: 'agent' } as const;
  const start = performance.now();
  await journal.record('command.started', task, about);
  const endpoint = await ClaimEndpoint.open(new ReportDesk(criteria, claimed));
  if (!endpoint.ok) await warn(context, `The agent cannot report criteria: no port can be opened (${endpoint.error})`);
  failpoint('coordinator.agent-starting');
  const running = agent.run({
    storyId: story.id,
    attempt,
    prompt,
    promptFile,
    model,
    worktree: context.worktree,
    marker: runId,
    timeoutMs: plan.config.attemptTimeout * 1_000,
    signal: AbortSignal.any([signal, idle.signal]),
    claims: endpoint.ok ? endpoint.value.access : undefined,
    onProgress: (progress) => {
      switch (progress.kind) {
        case 'output':
          output.add(Buffer.from(progress.text));
          journal.progress(story.id, agent.name, task.task_id, progress.text);
          return;
        case 'claim':
          if (criteria.includes(progress.acIndex)) void claimed(progress);
          return;
        case 'usage':
        case 'warning':
          void later(recordProgress(context, progress));
          return;
      }
    },
    onSignOfLife: () => {
      idle.onSignOfLife();
    },
  });
  // Before anything is judged: what is reported from now on is too late.
  const ran = await running.finally(() => (endpoint.ok ? endpoint.value[Symbol.asyncDispose]() : undefined));
  const end = ran.kind === 'stopped' && idle.signal.aborted && !signal.aborted ? idle.end : ran;
  failpoint('coordinator.agent-ended');
  await Promise.all(recorded);
  const failure = failureOf(end, signal);
  if (failure) output.add(Buffer.from(`\n${failure.feedback}\n`));
  await output.end();
  await journal.record(
    'command.ended',
    {
      ...task,
      status: end.kind === 'finished' ? 'success' : 'error',
      metrics: { duration_ms: Math.round(performance.now() - start) },
      ...(failure && { reason: failure.reason, message: failure.feedback }),
    },
    about,
  );
  return { end, claims, silent: idle.heardNothing };
}

function failureOf(end: AgentEnd | IdleEnd, stopping: AbortSignal): AttemptFailure | undefined {
  switch (end.kind) {
    case 'finished':
      return undefined;
    case 'failed':
      return {
        reason: end.reason,
        feedback: end.message,
        ...(end.resetsAt !== undefined && { resetsAt: end.resetsAt }),
      };
    case 'timed-out':
      return { reason: 'agent-timeout', feedback: 'The agent took too long and was stopped.' };
    case 'idle':
      return {
        reason: 'agent-idle',
        feedback: `The agent gave no sign of life for ${end.seconds} s and was stopped.`,
      };
    case 'stopped':
      return stopped(stopping);
  }
}
