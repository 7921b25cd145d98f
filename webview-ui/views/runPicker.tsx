import type { JSX } from 'preact';
import type { RunState } from '../../src/state/runState.js';
import { runLook } from '../../src/state/statusText.js';

interface RunPickerProps {
  readonly runs: ReadonlyMap<string, RunState>;
  readonly selected: RunState;
  readonly selectRun: (runId: string) => void;
}

const startTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** Chooses among the known runs, newest first. Absent while there is nothing to choose. */
export function RunPicker({ runs, selected, selectRun }: RunPickerProps): JSX.Element | null {
  if (runs.size < 2) return null;
  const newestFirst = [...runs.values()].sort((a, b) => Date.parse(b.startedAt) - Date.parse(a.startedAt));
  return (
    <label class="run-picker">
      <span class="visually-hidden">Run</span>
      <select
        value={selected.id}
        onChange={({ currentTarget }) => {
          selectRun(currentTarget.value);
        }}
      >
        {newestFirst.map((run) => (
          <option key={run.id} value={run.id}>
            {runName(run)}
          </option>
        ))}
      </select>
    </label>
  );
}

function runName(run: RunState): string {
  const external = run.external ? 'External: ' : '';
  return `${external}${run.title} (${runLook[run.status].text.toLowerCase()}, ${startTime.format(Date.parse(run.startedAt))})`;
}
