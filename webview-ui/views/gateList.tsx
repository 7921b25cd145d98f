import type { JSX } from 'preact';
import type { GateState, StoryState } from '../../src/state/runState.js';
import { measuredText } from '../../src/state/durationText.js';
import { testsText } from '../../src/state/selectors.js';
import { gateLook, gateText, interruptedLook } from '../../src/state/statusText.js';
import { Duration } from './duration.js';
import { StatusIcon } from './icon.js';
import { OutputTail } from './outputTail.js';

/** The gates of the current or last attempt, in the order they ran. */
export function GateList({ story, live }: { readonly story: StoryState; readonly live: boolean }): JSX.Element | null {
  if (story.gates.length === 0) return null;
  const { tests } = story;
  return (
    <section>
      <h4>Gates</h4>
      <ul class="gates">
        {story.gates.map((gate) => (
          <Gate key={gate.name} gate={gate} live={live} />
        ))}
      </ul>
      {tests && <p class="muted test-counts">{testsText(tests)}</p>}
    </section>
  );
}

function Gate({ gate, live }: { readonly gate: GateState; readonly live: boolean }): JSX.Element {
  const look = gate.status === 'running' && !live ? interruptedLook : gateLook(gate);
  return (
    <li class="gate">
      <StatusIcon look={look} />
      <span class="gate-name">{gate.name}</span>
      <span class="muted">{gateText(gate, look)}</span>
      <span class="gate-time">
        {gate.status === 'running'
          ? live && <Duration from={gate.since} to={undefined} />
          : gate.durationMs !== undefined && measuredText(gate.durationMs)}
      </span>
    </li>
  );
}

/** The end of what each failing gate said. It has lines of its own length, so it stands across the columns. */
export function GateOutputs({ story }: { readonly story: StoryState }): JSX.Element {
  return (
    <>
      {story.gates.map(
        (gate) =>
          gate.status === 'failed' &&
          gate.output !== undefined && (
            <OutputTail key={gate.name} label={`Output of gate “${gate.name}”`} text={gate.output} open />
          ),
      )}
    </>
  );
}
