import type { IntentName } from '../../src/events/catalogue.js';
import type { RunState } from '../../src/state/runState.js';

/** What a user can do here. */
export interface Actions {
  readonly ask: (intent: IntentName, run: RunState) => void;
  readonly dismissError: () => void;
  readonly selectRun: (runId: string) => void;
  readonly expandStory: (runId: string, storyId: string, expanded: boolean) => void;
  readonly setFilter: (filter: string) => void;
}
