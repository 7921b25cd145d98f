import type { EventData } from '../events/catalogue.js';
import type { Envelope } from '../events/envelope.js';
import type { RunState, RunStatus } from './runState.js';
import { isLive } from './selectors.js';

/**
 * Ids of the runs that nobody executes although their events say that they go on: a journal ends without a word when its
 * coordinator is killed. No part of the fold; the hub looks at the owners of runs and tells it beside the state.
 */
export type InterruptedRuns = ReadonlySet<string>;

/** A run's status as people see it. */
export type ShownStatus = RunStatus | 'interrupted';

export function shownStatus(run: RunState, interrupted: InterruptedRuns): ShownStatus {
  return isLive(run) && interrupted.has(run.id) ? 'interrupted' : run.status;
}

/** What the hub tells of it, as a whole. Undefined for every other event, and for what anybody else says. */
export function toldInterrupted(event: Envelope): InterruptedRuns | undefined {
  if (event.type !== 'hub.liveness' || event.source !== 'hub') return undefined;
  // Checked where it came in; the catalogue is too much to load for this when the extension is activated.
  return new Set((event.data as EventData<'hub.liveness'>).interrupted);
}
