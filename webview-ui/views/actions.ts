import type { IntentName } from '../../src/events/catalogue.js';
import type { RunState } from '../../src/state/runState.js';
import type { QuestionAddress } from '../writtenAnswer.js';

/** What a user can do here. */
export interface Actions {
  readonly ask: (intent: IntentName, run: RunState) => void;
  readonly dismissError: () => void;
  readonly selectRun: (runId: string) => void;
  readonly expandStory: (runId: string, storyId: string, expanded: boolean) => void;
  /** Keeps what is written so far to an agent that asks. */
  readonly writeAnswer: (question: QuestionAddress, text: string) => void;
  readonly sendAnswer: (question: QuestionAddress) => void;
  readonly setFilter: (filter: string) => void;
}
