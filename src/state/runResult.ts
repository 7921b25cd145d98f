import { err, ok, type Result } from '../primitives/result.js';
import type { RunState } from './runState.js';
import { isLive } from './selectors.js';

/** A run's result that a person can take: its commit, and the message of a merge. */
export interface RunResult {
  readonly commit: string;
  readonly message: string;
}

/** The error says why there is none, for people. */
export function resultOf(run: RunState): Result<RunResult, string> {
  const { tip, base, title, counts, branch } = run;
  if (isLive(run)) return err('The run goes on. Its result can be merged once it has ended.');
  if (tip === undefined || tip === base) return err('The run has committed nothing.');
  const from = branch === undefined ? '' : ` (${branch})`;
  return ok({ commit: tip, message: `Merge ${counts.completed} of ${counts.total} stories of "${title}"${from}` });
}
