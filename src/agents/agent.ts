import type { Result } from '../primitives/result.js';
import type { CommandEnd } from '../processes/guarded.js';

/** One attempt, as an agent gets it. */
export interface AgentTask {
  readonly storyId: string;
  readonly attempt: number;
  readonly prompt: string;
  readonly promptFile: string;
  readonly worktree: string;
  /** Marks the attempt's processes. */
  readonly marker: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: AgentProgress) => void;
}

/** What an agent says while it works. Nothing of it is believed. */
export type AgentProgress =
  | { readonly kind: 'output'; readonly text: string }
  | {
      readonly kind: 'claim';
      readonly acIndex: number;
      readonly test: { readonly file: string; readonly name?: string } | undefined;
      readonly note: string | undefined;
    }
  | {
      readonly kind: 'usage';
      readonly inputTokens: number;
      readonly outputTokens: number;
      readonly costUsd: number | undefined;
    };

/** How the agent's process ended; whether the story is done is not for it to say. */
export type AgentEnd =
  | { readonly kind: 'finished' }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'stopped' };

/** A coding agent CLI behind one port. Agents differ by what they do here, never by checks elsewhere. */
export interface Agent {
  readonly name: string;
  /** What will be executed, for the summary that a person approves. */
  readonly commandText: string;
  /** Whether it can run here; the error says what to do. */
  check(): Promise<Result<void, string>>;
  run(task: AgentTask): Promise<AgentEnd>;
}

/** The end of a process, seen as the end of an agent. */
export function agentEnd(end: CommandEnd): AgentEnd {
  switch (end.kind) {
    case 'exited':
      return end.exitCode === 0
        ? { kind: 'finished' }
        : { kind: 'failed', message: `The agent ended with exit code ${end.exitCode}` };
    case 'signalled':
      return { kind: 'failed', message: `The agent was ended by ${end.signal}` };
    case 'not-found':
      return { kind: 'failed', message: end.message };
    case 'timed-out':
    case 'stopped':
      return { kind: end.kind };
  }
}
