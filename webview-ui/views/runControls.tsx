import type { JSX } from 'preact';
import type { IntentName } from '../../src/events/catalogue.js';
import type { RunState } from '../../src/state/runState.js';
import { intentText } from '../../src/state/statusText.js';
import { Icon } from './icon.js';

interface RunControlsProps {
  readonly run: RunState;
  readonly intents: readonly IntentName[];
  /** Asked for here, and not seen in the run yet. */
  readonly pending: IntentName | undefined;
  readonly ask: (intent: IntentName, run: RunState) => void;
}

/** Pause, resume and stop, as the run's state allows. What was asked for keeps its button, waiting, so focus stays. */
export function RunControls({ run, intents, pending, ask }: RunControlsProps): JSX.Element | null {
  if (intents.length === 0) return null;
  const waiting = pending ?? (intents.includes('stop') ? run.requested : undefined);
  const shown = waiting === undefined || intents.includes(waiting) ? intents : [waiting, ...intents];
  return (
    <div class="controls" role="group" aria-label="Run controls">
      {shown.map((intent) => {
        const { icon, label, waiting: waitingLabel } = intentText(intent);
        const waits = waiting === intent;
        return (
          <button
            key={intent}
            type="button"
            class={intent === 'resume' ? 'primary' : undefined}
            aria-disabled={waits}
            onClick={() => {
              if (!waits) ask(intent, run);
            }}
          >
            <Icon name={waits ? 'loading' : icon} spin={waits} />
            <span>{waits ? waitingLabel : label}</span>
          </button>
        );
      })}
    </div>
  );
}
