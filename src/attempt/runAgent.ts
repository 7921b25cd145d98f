import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Agent, AgentEnd, AgentProgress, AgentRole } from '../agents/agent.js';
import { ClaimEndpoint } from '../agents/claimEndpoint.js';
import type { Desk } from '../agents/desk.js';
import { failpoint } from '../primitives/failpoint.js';
import { recordProgress, warn } from './agentProgress.js';
import { taskId, type AttemptContext } from './attemptContext.js';
import { stopped, type AttemptFailure } from './attemptFailure.js';
import { DiskWatch, type DiskEnd } from './diskWatch.js';
import { IdleWatch, type IdleEnd } from './idleWatch.js';
import { OutputRecorder } from './outputRecorder.js';

/** What one agent is to do, and where what it says of criteria goes. */
export interface AgentWork {
  readonly role: AgentRole;
  readonly agent: Agent;
  /** Instead of the agent's own. */
  readonly model: string | undefined;
  readonly prompt: string;
  readonly promptFile: string;
  readonly transcript: string;
  readonly cwd: string;
  readonly desks: readonly Desk[];
  /** For who has no protocol: the same by lines of its output. */
  readonly onSaid: (said: Extract<AgentProgress, { kind: 'claim' | 'finding' }>) => void;
}

/** How an agent ended. */
export interface AgentRun {
  /** Undefined: as it should. */
  readonly failure: AttemptFailure | undefined;
  /** It printed nothing at all. */
  readonly silent: boolean;
}

/** Runs an agent with what it prints, uses and reports on record, until it ends, is idle for too long or is stopped. */
export async function runAgent(context: AttemptContext, work: AgentWork): Promise<AgentRun> {
  const { plan, runId, journal, story, attempt, signal } = context;
  const { role, agent, model, prompt, promptFile } = work;
  const about = { storyId: story.id };
  await mkdir(path.dirname(promptFile), { recursive: true, mode: 0o700 });
  await writeFile(promptFile, prompt, { mode: 0o600 });
  const output = await OutputRecorder.create(work.transcript);
  const recorded: Promise<void>[] = [];
  using idle = new IdleWatch(context.clock, plan.config.idleTimeout);
  await using disk = new DiskWatch(context.clock, work.cwd, plan.config.attemptDisk * 1_000_000);
  const name = role === 'reviewer' ? 'review' : 'agent';
  const task = { story_key: story.id, command: agent.name, task_id: taskId(context, name), kind: 'agent' } as const;
  const start = performance.now();
  let peakMemory: number | undefined;
  await journal.record('command.started', task, about);
  const endpoint = await ClaimEndpoint.open(work.desks.map((desk) => heard(desk, idle)));
  if (!endpoint.ok) await warn(context, `The agent cannot report criteria: no port can be opened (${endpoint.error})`);
  failpoint('coordinator.agent-starting');
  const running = agent.run({
    ...{ role, storyId: story.id, attempt, prompt, promptFile, model },
    worktree: work.cwd,
    worker: context.worker,
    marker: runId,
    timeoutMs: plan.config.attemptTimeout * 1_000,
    maxMemoryBytes: plan.config.attemptMemory * 1_000_000,
    signal: AbortSignal.any([signal, idle.signal, disk.signal]),
    claims: endpoint.ok ? endpoint.value.access : undefined,
    onProgress: (progress) => {
      switch (progress.kind) {
        case 'output':
          output.add(Buffer.from(progress.text));
          journal.progress(story.id, agent.name, task.task_id, progress.text);
          return;
        case 'claim':
        case 'finding':
          work.onSaid(progress);
          return;
        case 'usage':
        case 'warning': {
          const recording = recordProgress(context, progress);
          // Awaited below; a lost journal must not surface as an unhandled rejection meanwhile.
          recording.catch(() => {});
          recorded.push(recording);
          return;
        }
      }
    },
    onPeakMemory: (bytes) => {
      peakMemory = bytes;
    },
    onSignOfLife: () => {
      idle.onSignOfLife();
    },
  });
  // Before anything is judged: what is reported from now on is too late.
  const ran = await running.finally(() => (endpoint.ok ? endpoint.value[Symbol.asyncDispose]() : undefined));
  const watched = disk.end ?? (idle.signal.aborted ? idle.end : undefined);
  const end = ran.kind === 'stopped' && watched && !signal.aborted ? watched : ran;
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
      metrics: {
        duration_ms: Math.round(performance.now() - start),
        ...(peakMemory !== undefined && { peak_memory_bytes: peakMemory }),
        ...(disk.peakBytes !== undefined && { peak_disk_bytes: disk.peakBytes }),
      },
      ...(failure && { reason: failure.reason, message: failure.feedback }),
    },
    about,
  );
  return { failure, silent: idle.heardNothing };
}

/** Who reports is alive. */
function heard(desk: Desk, idle: IdleWatch): Desk {
  return {
    tool: desk.tool,
    take: (input) => {
      idle.onSignOfLife();
      return desk.take(input);
    },
    close: () => {
      desk.close();
    },
  };
}

function failureOf(end: AgentEnd | IdleEnd | DiskEnd, stopping: AbortSignal): AttemptFailure | undefined {
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
    case 'over-disk':
      return {
        reason: 'resource-limit',
        feedback: `The worktree grew to ${Math.round(end.bytes / 1_000_000)} MB, more than attemptDisk allows, and the agent was stopped.`,
      };
    case 'stopped':
      return stopped(stopping);
  }
}
