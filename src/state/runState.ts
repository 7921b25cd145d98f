import type { EventData, StoryStatus } from '../events/catalogue.js';
import type { FailureReason } from '../events/failure.js';
import type { Proof } from '../events/proof.js';
import type { ProblemCounts } from './problemCounts.js';

/**
 * queued → running ⇄ paused → completed | failed | cancelled
 *             └────────┴────→ stopped → running (resumed)
 */
export type RunStatus = 'queued' | 'running' | 'paused' | 'stopped' | 'completed' | 'failed' | 'cancelled';

/** unproved → claimed → proved, or failed when its own check failed. */
export type CriterionStatus = 'unproved' | 'claimed' | 'proved' | 'failed';

export interface CriterionState {
  readonly index: number;
  text: string;
  status: CriterionStatus;
  proof?: Proof;
  /** Why its check failed. */
  message?: string;
}

export type GateState =
  | { readonly name: string; readonly status: 'running'; readonly since: string }
  | (ProblemCounts & {
      readonly name: string;
      readonly status: 'passed' | 'failed';
      readonly durationMs?: number;
      readonly output?: string;
      /** What it said of the attempt's base; `worse`: failed there, too, but not as badly. */
      readonly baseline?: ProblemCounts & { readonly passed: boolean; readonly worse: boolean };
      /** False: one that only warns. */
      readonly required?: boolean;
      /** It failed, and passed when run once more. */
      readonly flaky?: boolean;
      /** It could not find out. */
      readonly inconclusive?: boolean;
    });

/** What is executed for a story right now. */
export interface ActiveCommand {
  readonly taskId: string;
  readonly command: string;
  readonly kind?: string;
  readonly since: string;
}

/** What an attempt used so far. */
export interface AttemptUsage {
  inputTokens: number;
  outputTokens: number;
  /** Absent: nobody said what it cost. */
  costUsd?: number;
}

export interface AttemptState {
  readonly attempt: number;
  readonly startedAt: string;
  /** The commit it builds on. */
  readonly base?: string;
  readonly worktree?: string;
  /** The user's own files that it was given a copy of: no part of what it makes. */
  readonly copied?: readonly string[];
  /** Files: what the agent was told, and what it said. */
  readonly prompt?: string;
  readonly transcript?: string;
  /** Who works on it; the model where one was named. */
  readonly agent?: string;
  readonly model?: string;
  /** Who looked at its result, and files: what they were told, and what they said. */
  review?: { readonly reviewer: string; readonly prompt?: string; readonly transcript?: string };
  usage?: AttemptUsage;
  /** The most that its agents had in memory and on disk, as far as it was measured. */
  peakMemoryBytes?: number;
  peakDiskBytes?: number;
  endedAt?: string;
  success?: boolean;
  reason?: FailureReason;
  message?: string;
  /** `refs/storyloop/…`, once what it left is saved. */
  ref?: string;
  commit?: string;
  /** What it changed: the same for attempts that changed the same; and how many lines. */
  patch?: string;
  lines?: number;
  /** Its agent printed nothing. */
  silent?: boolean;
}

/** What an agent asked, and what a person answered. */
export interface QuestionState {
  readonly id: string;
  readonly question: string;
  /** Answers that the agent proposes. */
  readonly options?: readonly string[];
  answer?: string;
  answeredBy?: string;
}

export interface StoryState {
  readonly id: string;
  title: string;
  /** As the PRD says it; absent when it says nothing, or nobody told. */
  description?: string;
  priority: number;
  /** The later people asked for it, the higher: what is asked for begins first. */
  urgency?: number;
  dependsOn: readonly string[];
  status: StoryStatus;
  reason?: FailureReason;
  /** What a person asked for and has not taken effect yet. */
  requested?: 'retry' | 'skip';
  /** How many attempts it had when a person asked for more: they count no more. */
  forgiven?: number;
  /** The reason in words, where there is more to say. */
  message?: string;
  criteria: CriterionState[];
  /** All that its agents asked, in order. */
  questions?: QuestionState[];
  attempts: AttemptState[];
  /** Gates of the current or last attempt. */
  gates: GateState[];
  commands: ActiveCommand[];
  /** Stories that it waits for, because they work in its files, and in which. */
  waitsFor?: readonly { readonly story: string; readonly files: readonly string[] }[];
  /** Stories that it will contradict, as things stand, and in which files. */
  foreseen?: readonly { readonly story: string; readonly files: readonly string[] }[];
  /** `coverage`: percent of lines. */
  tests?: { passed: number; failed: number; total: number; coverage?: number };
  startedAt?: string;
  endedAt?: string;
  /** Commit that a branch may not know yet (between commit.created and merge.completed). */
  pendingCommit?: string;
  commits: string[];
  /** The status in the PRD file, as far as it was written back in this run. */
  written?: boolean;
}

export interface RunCounts {
  total: number;
  completed: number;
  failed: number;
  criteria: number;
  proved: number;
}

export interface AgentLimit {
  readonly reason?: FailureReason;
  /** When its stories go on by themselves, ISO 8601. */
  readonly until?: string;
  /** Not every publisher says whose limit it is. */
  readonly agent?: string;
}

/** Everything that is known of one run. Changed by `fold` only. */
export interface RunState {
  readonly id: string;
  readonly prdId: string;
  readonly project: string;
  /** Nobody's journal: an outside publisher's own account. */
  readonly external: boolean;
  status: RunStatus;
  title: string;
  root?: string;
  path?: string;
  branch?: string;
  branchBehind?: string;
  base?: string;
  tip?: string;
  agent?: string;
  /** How many stories may run at the same time. */
  workers?: number;
  policy?: EventData<'prd.started'>['policy'];
  term: number;
  startedAt: string;
  endedAt?: string;
  /** Since when it waits for its turn. */
  queuedAt?: string;
  /** Time of the last durable event. */
  updatedAt: string;
  /** Stories in progress, the one begun last at the end. */
  current: string[];
  /** Number of the last wave. */
  wave?: number;
  /** A pause that was asked for and has not taken effect yet. */
  requested?: 'pause' | 'stop' | 'cancel';
  statusReason?: string;
  /** Agents that cannot work now; at least one, where there is the field. */
  limits?: readonly AgentLimit[];
  /** Stories of which the PRD file says something else than when the run began. */
  changed?: readonly string[];
  /** Who keeps the run from writing to the PRD file, because it has unsaved changes there. */
  heldBy?: string;
  readonly stories: Map<string, StoryState>;
  readonly counts: RunCounts;
  lastError?: string;
  /** `source_seq` of the last event folded. */
  seq: number;
}
