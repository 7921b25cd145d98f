import type { IntentName } from '../events/catalogue.js';
import type { ShownStatus } from './liveness.js';
import type { RunState } from './runState.js';

/** What a person can ask of a run as it is now, for every view. `runs`: all that are known. */
export function possibleIntents(
  run: RunState,
  status: ShownStatus,
  runs: Iterable<RunState>,
): readonly Extract<IntentName, 'pause' | 'resume' | 'stop'>[] {
  if (run.external) return [];
  switch (status) {
    case 'running':
      // While it waits for the agent's limit, it can be told not to.
      return run.limit ? ['resume', 'pause', 'stop'] : ['pause', 'stop'];
    case 'paused':
      return ['resume', 'stop'];
    case 'queued':
      return ['stop'];
    case 'stopped':
    case 'interrupted':
      return isNewest(run, runs) ? ['resume'] : [];
    case 'completed':
    case 'failed':
    case 'cancelled':
      return [];
  }
}

/** A PRD goes on with its last run only. */
function isNewest(run: RunState, runs: Iterable<RunState>): boolean {
  for (const { external, project, prdId, startedAt } of runs) {
    if (!external && project === run.project && prdId === run.prdId && startedAt > run.startedAt) return false;
  }
  return true;
}
