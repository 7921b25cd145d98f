import { cleanEnvironment } from '../processes/environment.js';
import { runGuarded } from '../processes/guarded.js';
import { agentEnd, type AgentEnd, type AgentTask } from './agent.js';
import { AgentLineReader } from './agentLines.js';

/** Runs an agent's program in the worktree, with the prompt on stdin, and passes on what it says. */
export async function runAgentProcess(
  task: AgentTask,
  argv: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
): Promise<AgentEnd> {
  const readers = { stdout: new AgentLineReader(task.onProgress), stderr: new AgentLineReader(task.onProgress) };
  const end = await runGuarded({
    argv,
    cwd: task.worktree,
    env: { ...cleanEnvironment(process.env), ...env },
    stdin: task.prompt,
    timeoutMs: task.timeoutMs,
    marker: task.marker,
    signal: task.signal,
    onOutput: (chunk, stream) => {
      readers[stream].push(chunk);
    },
  });
  readers.stdout.end();
  readers.stderr.end();
  return agentEnd(end);
}
