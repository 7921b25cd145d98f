import { attemptEnvironment } from '../processes/environment.js';
import { runGuarded, type CommandEnd } from '../processes/guarded.js';
import type { AttemptContext } from './attemptContext.js';
import { OutputRecorder } from './outputRecorder.js';

/** One command of ours (gate, set-up, check) in a worktree, and what became of it. */
export interface Executed {
  readonly end: CommandEnd;
  readonly passed: boolean;
  /** The end of its output. */
  readonly output: string;
  readonly durationMs: number;
  /** Where its output is kept; nothing is there when the disk was full. */
  readonly outputFile: string;
}

export interface Execution {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  /** What its output is called in the run's folder. */
  readonly output: string;
}

/** Runs a command for an attempt under the guardian, with its output kept. Only exit code 0 passes. */
export async function execute(
  { plan, run, runId, signal, story, attempt, worker }: AttemptContext,
  { argv, cwd, output }: Execution,
): Promise<Executed> {
  const outputFile = run.output(story.id, attempt, output);
  const recorder = await OutputRecorder.create(outputFile);
  const start = performance.now();
  const end = await runGuarded({
    ...{ argv, cwd, signal },
    timeoutMs: plan.config.gateTimeout * 1_000,
    maxMemoryBytes: plan.config.attemptMemory * 1_000_000,
    marker: runId,
    env: attemptEnvironment(process.env, worker),
    onOutput: (chunk) => {
      recorder.add(chunk);
    },
  });
  await recorder.end();
  return {
    end,
    passed: end.kind === 'exited' && end.exitCode === 0,
    output: recorder.tail() || endText(end),
    durationMs: Math.round(performance.now() - start),
    outputFile,
  };
}

/** The same through the user's shell, for commands that a PRD names as text (`verify:`). */
export function shellCommand(text: string): readonly [string, ...string[]] {
  return process.platform === 'win32' ? ['cmd.exe', '/d', '/s', '/c', text] : ['/bin/sh', '-c', text];
}

export function endText(end: CommandEnd): string {
  switch (end.kind) {
    case 'exited':
      return `exit code ${end.exitCode}`;
    case 'signalled':
      return `ended by ${end.signal}`;
    case 'timed-out':
      return 'timed out';
    case 'stopped':
      return 'stopped';
    case 'over-memory':
      return `stopped: it had ${Math.round(end.bytes / 1_000_000)} MB in memory, more than attemptMemory allows`;
    case 'not-found':
      return end.message;
  }
}
