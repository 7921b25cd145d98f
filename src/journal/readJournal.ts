import type { Envelope } from '../events/envelope.js';
import type { RunState } from '../state/runState.js';
import type { ProjectPaths } from '../session/paths.js';

/** A run's events as far as they count, over all terms, in order. */
export interface JournalReading {
  readonly events: Envelope[];
  /** Bytes that count, `runs/<run>/journal-<term>.jsonl → length`: what the next owner accepts. */
  readonly lengths: Record<string, number>;
  /** A journal that changed under us: stops the run. */
  readonly corrupt: { readonly file: string; readonly fault: string } | undefined;
}

export async function readJournal(project: ProjectPaths, prdId: string, runId: string): Promise<JournalReading> {
  await Promise.resolve();
  throw new Error(`stub ${project.state} ${prdId} ${runId}`);
}

/** Folds a run's journal; undefined when there is none. */
export async function readRun(project: ProjectPaths, runId: string): Promise<RunState | undefined> {
  await Promise.resolve();
  throw new Error(`stub ${project.state} ${runId}`);
}

/** Runs of a project, newest first. */
export async function listRuns(project: ProjectPaths): Promise<string[]> {
  await Promise.resolve();
  throw new Error(`stub ${project.state}`);
}
