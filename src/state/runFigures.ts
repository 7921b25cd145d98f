import type { ShownStatus } from './liveness.js';
import type { RunState } from './runState.js';
import { elapsedMs } from './selectors.js';

/** A run and how people see its status. */
export interface ShownRun {
  readonly run: RunState;
  readonly status: ShownStatus;
}

/** What a run took so far. */
export interface RunFigures {
  readonly durationMs: number;
  readonly attempts: number;
  readonly tokens: number;
  /** Absent: nobody said what it cost. */
  readonly costUsd?: number;
  /** The most that one of its attempts had, as far as it was measured. */
  readonly peakMemoryBytes?: number;
  readonly peakDiskBytes?: number;
}

export function runFigures({ run, status }: ShownRun, now: number): RunFigures {
  const attempts = [...run.stories.values()].flatMap((story) => story.attempts);
  const usages = attempts.flatMap(({ usage }) => usage ?? []);
  const costs = usages.flatMap(({ costUsd }) => costUsd ?? []);
  const memory = attempts.flatMap(({ peakMemoryBytes }) => peakMemoryBytes ?? []);
  const disk = attempts.flatMap(({ peakDiskBytes }) => peakDiskBytes ?? []);
  return {
    // What was interrupted goes on for nobody.
    durationMs: elapsedMs(run, status === 'interrupted' ? Date.parse(run.updatedAt) : now),
    attempts: attempts.length,
    tokens: sum(usages.map(({ inputTokens, outputTokens }) => inputTokens + outputTokens)),
    // Sums of cents are no sums of binary fractions.
    ...(costs.length > 0 && { costUsd: Number(sum(costs).toFixed(6)) }),
    ...(memory.length > 0 && { peakMemoryBytes: Math.max(...memory) }),
    ...(disk.length > 0 && { peakDiskBytes: Math.max(...disk) }),
  };
}

/** Places of the runs that wait for their turn, over all projects of a user: run → 1 for the next one. */
export function queuePlaces(runs: readonly ShownRun[]): ReadonlyMap<string, number> {
  const waiting = runs
    .filter(({ run, status }) => status === 'queued' && run.queuedAt !== undefined)
    .map(({ run: { id, queuedAt = '' } }) => ({ id, queuedAt }))
    .sort((a, b) => a.queuedAt.localeCompare(b.queuedAt) || a.id.localeCompare(b.id));
  return new Map(waiting.map(({ id }, index) => [id, index + 1]));
}

/** What became of runs. */
export interface RunTotals {
  readonly runs: number;
  readonly byStatus: Readonly<Partial<Record<ShownStatus, number>>>;
  /** Share of the runs with an end that got every story done, 0 to 1, and how long those with an end took; absent without one. */
  readonly successRate?: number;
  readonly meanDurationMs?: number;
}

export function runTotals(runs: readonly ShownRun[]): RunTotals {
  const byStatus: Partial<Record<ShownStatus, number>> = {};
  for (const { status } of runs) byStatus[status] = (byStatus[status] ?? 0) + 1;
  const { completed = 0, failed = 0, cancelled = 0 } = byStatus;
  const ended = completed + failed + cancelled;
  if (ended === 0) return { runs: runs.length, byStatus };
  const durations = runs
    .filter(({ status }) => status === 'completed' || status === 'failed' || status === 'cancelled')
    .map(({ run }) => elapsedMs(run, Date.parse(run.updatedAt)));
  return { runs: runs.length, byStatus, successRate: completed / ended, meanDurationMs: sum(durations) / ended };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
