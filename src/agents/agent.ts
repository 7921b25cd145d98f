import type { FailureReason } from '../events/failure.js';
import type { Result } from '../primitives/result.js';
import type { CommandEnd } from '../processes/guarded.js';

/** Who makes the change, or who looks at it with a mind of its own and changes nothing. */
export type AgentRole = 'implementer' | 'reviewer';

/** What an agent is asked to do in one attempt of a story. */
export interface AgentTask {
  readonly role: AgentRole;
  readonly storyId: string;
  readonly attempt: number;
  readonly prompt: string;
  readonly promptFile: string;
  /** Asked for by the story itself; undefined: the agent's own. Ignored by who does not take one. */
  readonly model: string | undefined;
  readonly worktree: string;
  /** The attempt's place among those that run at the same time: 1, 2, … */
  readonly worker: number;
  /** Marks the attempt's processes. */
  readonly marker: string;
  readonly timeoutMs: number;
  /** What its processes may have in memory together. 0: as much as they like. */
  readonly maxMemoryBytes: number;
  readonly signal: AbortSignal;
  /** Where what it says of criteria goes; undefined when no endpoint could be opened. */
  readonly claims: ClaimAccess | undefined;
  readonly onProgress: (progress: AgentProgress) => void;
  /** Told at its end what its processes had in memory together, at most, where the system tells. */
  readonly onPeakMemory: (bytes: number) => void;
  /** Told whenever the agent prints something, be it progress or not. */
  readonly onSignOfLife: () => void;
}

/** The attempt's own endpoint and the credential for it; both end with the attempt. */
export interface ClaimAccess {
  readonly url: string;
  readonly token: string;
}

/** An agent's word that a criterion holds, with the test that shows it. */
export interface CriterionClaim {
  readonly acIndex: number;
  readonly test: { readonly file: string; readonly name?: string } | undefined;
  readonly note: string | undefined;
}

/** A reviewer's word on a criterion, and what it saw. */
export interface CriterionFinding {
  readonly acIndex: number;
  readonly holds: boolean;
  readonly evidence: string;
  /** That the prompt names, so that nothing but its reader speaks: the program under review runs beside it. */
  readonly key: string;
}

/** What an agent says while it works. Nothing that an implementer says is believed. */
export type AgentProgress =
  | { readonly kind: 'output'; readonly text: string }
  | ({ readonly kind: 'claim' } & CriterionClaim)
  | ({ readonly kind: 'finding' } & CriterionFinding)
  | {
      readonly kind: 'usage';
      readonly inputTokens: number;
      readonly outputTokens: number;
      readonly costUsd: number | undefined;
    }
  /** Something that a person should know and that ends nothing. */
  | { readonly kind: 'warning'; readonly message: string };

/** How the agent's process ended; whether the story is done is not for it to say. */
export type AgentEnd =
  | { readonly kind: 'finished' }
  /** The message tells a person what to do. `resetsAt`: when a limit is lifted, as ISO time, where the agent knows. */
  | { readonly kind: 'failed'; readonly reason: AgentFailure; readonly message: string; readonly resetsAt?: string }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'stopped' };

export type AgentFailure = Extract<
  FailureReason,
  | 'agent-not-installed'
  | 'agent-not-signed-in'
  | 'agent-rate-limited'
  | 'agent-unavailable'
  | 'agent-capped'
  | 'resource-limit'
  | 'agent-failed'
>;

/** A coding agent CLI behind one port. Agents differ by what they do here, never by checks elsewhere. */
export interface Agent {
  readonly name: string;
  /** What will be executed, for the summary that a person approves. */
  readonly commandText: string;
  /** Whether it can be told which model to use. */
  readonly takesModel: boolean;
  /** How it claims a criterion, how it asks a person, and how it says as a reviewer what it found: words for its prompt. */
  readonly claiming: string;
  readonly asking: string;
  readonly reviewing: string;
  /** Whether it can run here; the error says what to do. */
  check(): Promise<Result<void, string>>;
  run(task: AgentTask): Promise<AgentEnd>;
}

/** A failure that has no better name. */
export function agentFailed(message: string): AgentEnd {
  return { kind: 'failed', reason: 'agent-failed', message };
}

/** What its memory was when it was stopped for it. */
export function memoryText(bytes: number): string {
  return `The agent and what it started had ${Math.round(bytes / 1_000_000)} MB in memory, more than attemptMemory allows, and were stopped.`;
}

/** The end of a process, seen as the end of an agent. */
export function agentEnd(end: CommandEnd): AgentEnd {
  switch (end.kind) {
    case 'exited':
      return end.exitCode === 0 ? { kind: 'finished' } : agentFailed(`The agent ended with exit code ${end.exitCode}`);
    case 'signalled':
      return agentFailed(`The agent was ended by ${end.signal}`);
    case 'over-memory':
      return { kind: 'failed', reason: 'resource-limit', message: memoryText(end.bytes) };
    case 'not-found':
      return { kind: 'failed', reason: 'agent-not-installed', message: end.message };
    case 'timed-out':
    case 'stopped':
      return { kind: end.kind };
  }
}
