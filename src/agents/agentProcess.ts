import { attemptEnvironment } from '../processes/environment.js';
import { runGuarded, type CommandEnd } from '../processes/guarded.js';
import { agentEnd, type AgentEnd, type AgentTask } from './agent.js';
import { AgentLineReader, type AgentLimit } from './agentLines.js';
import { claimEnvironment } from './claimAccess.js';

/** Reads one stream of an agent. The chunks may be cut anywhere. */
export interface StreamReader {
  push(chunk: Buffer): void;
  end(): void;
}

/** Runs an agent's program in the worktree, with the prompt on stdin, and hands what it says to the readers. */
export async function runAgentProgram(
  task: AgentTask,
  argv: readonly [string, ...string[]],
  readers: { readonly stdout: StreamReader; readonly stderr: StreamReader },
  env: Readonly<Record<string, string>> = {},
): Promise<CommandEnd> {
  const end = await runGuarded({
    argv,
    cwd: task.worktree,
    env: { ...attemptEnvironment(process.env, task.worker), ...claimEnvironment(task.claims), ...env },
    stdin: task.prompt,
    timeoutMs: task.timeoutMs,
    maxMemoryBytes: task.maxMemoryBytes,
    onPeakMemory: task.onPeakMemory,
    marker: task.marker,
    signal: task.signal,
    onOutput: (chunk, stream) => {
      task.onSignOfLife();
      readers[stream].push(chunk);
    },
  });
  readers.stdout.end();
  readers.stderr.end();
  return end;
}

/**
 * The same for a program that says what it does in lines of ours (see AgentLine), and by its exit code how it ended. A limit
 * that it told of is why it failed; one that ended well got over it.
 */
export async function runAgentProcess(
  task: AgentTask,
  argv: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
): Promise<AgentEnd> {
  let limit: AgentLimit | undefined;
  const reader = (): AgentLineReader => new AgentLineReader(task.onProgress, (told) => (limit = told));
  const end = agentEnd(await runAgentProgram(task, argv, { stdout: reader(), stderr: reader() }, env));
  if (!limit || end.kind !== 'failed') return end;
  const { reason, resetsAt } = limit;
  return { ...end, reason, ...(resetsAt !== undefined && { resetsAt }) };
}
