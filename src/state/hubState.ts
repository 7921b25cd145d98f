import { isTransient } from '../events/catalogue.js';
import { isFromRun, type Envelope } from '../events/envelope.js';
import { emptyRun, fold, type Change } from './fold.js';
import type { RunState } from './runState.js';

/** All runs that are known, by id. */
export interface HubState {
  readonly runs: Map<string, RunState>;
}

export const emptyHub = (): HubState => ({ runs: new Map() });

export type HubChange = Change & { readonly runId?: string };

/** Applies an event to the run that it belongs to. Only a run's own journal (source = run id) changes that run. */
export function foldHub(hub: HubState, event: Envelope): HubChange {
  const runId = runOf(event);
  if (runId === undefined) return { run: false };
  if (isTransient(event.type)) return { run: false, runId };
  let run = hub.runs.get(runId);
  if (!run) {
    run = emptyRun(event, runId !== event.source, runId);
    hub.runs.set(runId, run);
  }
  return { ...fold(run, event), runId };
}

/**
 * The run whose state an event may change. What an outside publisher says of a PRD makes an external run of its own,
 * whatever run it names.
 */
export function runOf(event: Envelope): string | undefined {
  if (isFromRun(event)) return event.source;
  return event.prd_id === undefined ? undefined : `external:${withoutColons(event.source)}:${event.prd_id}`;
}

/** So that no two publishers and PRDs share an id. */
function withoutColons(text: string): string {
  return text.replaceAll('%', '%25').replaceAll(':', '%3A');
}
