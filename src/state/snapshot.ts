import type { HubState } from './hubState.js';
import type { InterruptedRuns } from './liveness.js';
import type { RunState, StoryState } from './runState.js';

/** A run as JSON: what clients get, what segment headers and `storyloop status --json` hold. */
export type RunSnapshot = Omit<RunState, 'stories'> & { readonly stories: StoryState[] };

export interface HubSnapshot {
  readonly runs: RunSnapshot[];
  /** See state/liveness.ts; absent where only the fold is kept. */
  readonly interrupted?: readonly string[];
}

export function snapshotRun(run: RunState): RunSnapshot {
  return { ...structuredClone({ ...run, stories: undefined }), stories: structuredClone([...run.stories.values()]) };
}

export function restoreRun(snapshot: RunSnapshot): RunState {
  const copy = structuredClone(snapshot);
  return { ...copy, stories: new Map(copy.stories.map((story) => [story.id, story])) };
}

export function snapshotHub(hub: HubState): HubSnapshot {
  return { runs: [...hub.runs.values()].map(snapshotRun) };
}

/** What a client gets: the fold, and beside it what is known of the processes that execute the runs. */
export function clientSnapshot(hub: HubState, interrupted: InterruptedRuns): HubSnapshot {
  return { ...snapshotHub(hub), interrupted: [...interrupted] };
}

export function restoreHub(snapshot: HubSnapshot): HubState {
  return { runs: new Map(snapshot.runs.map((run) => [run.id, restoreRun(run)])) };
}
