import type { JSX } from 'preact';
import type { RunState } from '../../src/state/runState.js';
import type { HubView } from '../hubView.js';
import { runLook } from '../../src/state/statusText.js';

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
  return (
    <label class="run-picker">
      <span class="visually-hidden">Run</span>
      <select
        value={selected.id}
        onChange={({ currentTarget }) => {
          selectRun(currentTarget.value);
        }}
      >
        {here.map(runOption)}
        {elsewhere.length > 0 && <optgroup label="Elsewhere">{elsewhere.map(runOption)}</optgroup>}
      </select>
    </label>
  );
}

function runOption(run: RunState): JSX.Element {
  return (
    <option key={run.id} value={run.id}>
      {runName(run)}
    </option>
  );
}

function runName(run: RunState): string {
  const external = run.external ? 'External: ' : '';
  return `${external}${run.title} (${runLook[run.status].text.toLowerCase()}, ${startTime.format(Date.parse(run.startedAt))})`;
}
