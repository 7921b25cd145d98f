import * as vscode from 'vscode';
import { possibleIntents } from '../state/possibleIntents.js';
import { resultOf } from '../state/runResult.js';
import { isLive } from '../state/selectors.js';
import { commandIds, focusStories, type CommandName } from './contributions.js';
import type { RunStore } from './runStore.js';
import type { WindowPrd } from './windowPrd.js';
import type { WindowRun } from './windowRun.js';

interface Action {
  readonly command: string;
  readonly title: string;
  readonly icon: string;
}

const intentCommands = { pause: 'pauseRun', resume: 'resumeRun', stop: 'stopRun' } as const;

const actions = {
  startRun: { title: 'Start', icon: 'play' },
  pauseRun: { title: 'Pause', icon: 'debug-pause' },
  resumeRun: { title: 'Resume', icon: 'debug-continue' },
  stopRun: { title: 'Stop', icon: 'debug-stop' },
  mergeResult: { title: 'Merge result', icon: 'git-merge' },
  openDashboard: { title: 'Dashboard', icon: 'dashboard' },
  showTerminal: { title: 'Terminal', icon: 'terminal' },
  showRunHistory: { title: 'Run history', icon: 'history' },
} as const satisfies Partial<Record<CommandName, { title: string; icon: string }>>;

/** What can be done now with the run of this window, the likeliest first: for the status bar's tooltip and its list. */
export function runActions(prd: WindowPrd, window: WindowRun, store: RunStore): Action[] {
  const { run, status } = window;
  const goesOn = status !== undefined && isLive({ status });
  const intents = run && status !== undefined ? possibleIntents(run, status, store.runs) : [];
  const names: (keyof typeof actions)[] = intents.map((intent) => intentCommands[intent]);
  if (prd.file && (!goesOn || run?.external)) names.push('startRun');
  names.push('openDashboard');
  if (goesOn && !run?.external) names.push('showTerminal');
  if (run && !run.external && resultOf(run).ok) names.push('mergeResult');
  if (store.runs.length > 0) names.push('showRunHistory');
  return names.map((name) => ({ command: commandIds[name], ...actions[name] }));
}

/** The same as a list to choose from, by mouse or keyboard. */
export async function pickRunAction(possible: readonly Action[]): Promise<void> {
  const stories = { command: focusStories, title: 'Stories', icon: 'list-tree' };
  const items = [...possible, stories].map(({ command, title, icon }) => ({ label: `$(${icon}) ${title}`, command }));
  const picked = await vscode.window.showQuickPick(items, { placeHolder: 'What to do with the PRD run' });
  if (picked) await vscode.commands.executeCommand(picked.command);
}
