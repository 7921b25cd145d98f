import * as vscode from 'vscode';
import type { RunState } from '../state/runState.js';
import { runLook } from '../state/statusText.js';
import type { RunStore } from './runStore.js';

export interface HistoryItem extends vscode.QuickPickItem {
  readonly runId: string;
}

const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** One row for each run, in the order given. */
export function historyItems(runs: readonly RunState[], store: Pick<RunStore, 'statusOf'>): HistoryItem[] {
  return runs.map((run) => {
    const { icon, text } = runLook[store.statusOf(run)];
    const { completed, total } = run.counts;
    const facts = [text, `${completed}/${total} stories`, ...(run.branch === undefined ? [] : [run.branch])];
    return {
      runId: run.id,
      // A title is no place for icons of somebody else's.
      label: `$(${icon}) ${run.title.replaceAll('$(', '$ (')}`,
      description: facts.join(', '),
      detail: `${run.external ? 'External run, started' : 'Started'} ${time.format(Date.parse(run.startedAt))}`,
    };
  });
}

/** Lets a person choose among the runs that are known, newest first. Answers the run's id. */
export async function pickRun(runs: readonly RunState[], store: RunStore): Promise<string | undefined> {
  if (runs.length === 0) {
    void vscode.window.showInformationMessage('No PRD run is known for this workspace yet.');
    return undefined;
  }
  const options = { placeHolder: 'Run to show', matchOnDescription: true, matchOnDetail: true };
  return (await vscode.window.showQuickPick(historyItems(runs, store), options))?.runId;
}
