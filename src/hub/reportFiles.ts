import { err, ok, type Result } from '../primitives/result.js';
import { attemptsCsv } from '../state/attemptsCsv.js';
import { boardYaml } from '../state/boardYaml.js';
import type { HubState } from '../state/hubState.js';
import { shownStatus, type InterruptedRuns } from '../state/liveness.js';
import { runReport } from '../state/runReport.js';
import type { RunState } from '../state/runState.js';
import { storyDescriptionsJson } from '../state/storyDescriptions.js';

export interface Report {
  readonly type: string;
  readonly text: string;
}

interface Shown {
  readonly state: HubState;
  readonly interrupted: InterruptedRuns;
  readonly now: number;
}

type Render = (run: RunState, shown: Shown) => string;

/** The data files of a run at the root, as clients of sprint dashboards ask for them; there are no others. */
const reports: Readonly<Record<string, { readonly type: string; readonly render: Render }>> = {
  '/story-descriptions.json': { type: 'application/json', render: storyDescriptionsJson },
  '/sprint-status.yaml': {
    type: 'application/x-yaml',
    render: (run, { interrupted }) => boardYaml(run, shownStatus(run, interrupted)),
  },
  '/orchestrator.md': {
    type: 'text/plain',
    render: (run, { interrupted, now }) => runReport(run, shownStatus(run, interrupted), now),
  },
  '/orchestrator.csv': { type: 'text/plain', render: attemptsCsv },
};

export const reportPaths: readonly string[] = Object.keys(reports);

/** One of them, of the run that `?run=` or `?prd=` names, else of the one that began last. The error says what there is not. */
export function renderReport(path: string, query: URLSearchParams, shown: Shown): Result<Report, string> {
  const report = Object.hasOwn(reports, path) ? reports[path] : undefined;
  if (!report) return err('There is nothing here');
  const run = chosenRun(shown.state, query);
  return run.ok ? ok({ type: `${report.type}; charset=utf-8`, text: report.render(run.value, shown) }) : run;
}

function chosenRun({ runs }: HubState, query: URLSearchParams): Result<RunState, string> {
  const id = query.get('run');
  const prd = query.get('prd');
  const found = [...runs.values()]
    .filter((run) => (id === null || run.id === id) && (prd === null || run.prdId === prd))
    // One that did not begin later does not take the place of one that was found before.
    .reduce<RunState | undefined>((last, run) => (last && last.startedAt >= run.startedAt ? last : run), undefined);
  if (found) return ok(found);
  return err(id === null && prd === null ? 'There was no run yet' : 'There is no such run; GET /api/state lists them');
}
