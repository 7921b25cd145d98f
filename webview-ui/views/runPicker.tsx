import type { JSX } from 'preact';
import type { ShownStatus } from '../../src/state/liveness.js';
import type { RunState } from '../../src/state/runState.js';
import { runLook } from '../../src/state/statusText.js';
import type { HubView } from '../hubView.js';

interface RunPickerProps {
  readonly hub: HubView;
  readonly selected: RunState;
  readonly selectRun: (runId: string) => void;
}

const startTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** Chooses among the known runs, newest first, the window's before those of other folders. Absent while there is nothing to choose. */
export function RunPicker({ hub, selected, selectRun }: RunPickerProps): JSX.Element | null {
  if (hub.runs.size < 2) return null;
  const runs = hub.sortedRuns();
  const here = runs.filter((run) => hub.isOfWindow(run));
  const elsewhere = runs.filter((run) => !hub.isOfWindow(run));
  const option = (run: RunState): JSX.Element => (
    <option key={run.id} value={run.id}>
      {runName(run, hub.statusOf(run))}
    </option>
  );
  return (
    <label class="run-picker">
      <span class="visually-hidden">Run</span>
      <select
        value={selected.id}
        onChange={({ currentTarget }) => {
          selectRun(currentTarget.value);
        }}
      >
        {here.map(option)}
        {elsewhere.length > 0 && <optgroup label="Elsewhere">{elsewhere.map(option)}</optgroup>}
      </select>
    </label>
  );
}

function runName(run: RunState, status: ShownStatus): string {
  const external = run.external ? 'External: ' : '';
  return `${external}${run.title} (${runLook[status].text.toLowerCase()}, ${startTime.format(Date.parse(run.startedAt))})`;
}
