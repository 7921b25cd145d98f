import * as vscode from 'vscode';
import type { StoryState } from '../state/runState.js';
import { commandIds, focusStories, type CommandName } from './contributions.js';
import type { WindowPrd } from './windowPrd.js';
import type { ShownStatus, WindowRun } from './windowRun.js';

interface Look {
  readonly icon: string;
  /** Said after the count, where the icon alone would not be understood. */
  readonly word: string;
  /** Only when a person has to act. */
  readonly background?: 'statusBarItem.warningBackground' | 'statusBarItem.errorBackground';
  readonly actions: readonly CommandName[];
}

const looks: Record<ShownStatus, Look> = {
  queued: { icon: 'watch', word: 'queued', actions: ['stopRun', 'openDashboard'] },
  running: { icon: 'sync~spin', word: '', actions: ['pauseRun', 'stopRun', 'openDashboard', 'showTerminal'] },
  paused: { icon: 'debug-pause', word: 'paused', actions: ['resumeRun', 'stopRun', 'openDashboard'] },
  stopped: { icon: 'debug-stop', word: 'stopped', actions: ['resumeRun', 'startRun', 'openDashboard'] },
  interrupted: {
    icon: 'warning',
    word: 'interrupted',
    background: 'statusBarItem.warningBackground',
    actions: ['resumeRun', 'openDashboard'],
  },
  completed: { icon: 'pass-filled', word: '', actions: ['openDashboard'] },
  failed: {
    icon: 'error',
    word: 'failed',
    background: 'statusBarItem.errorBackground',
    actions: ['startRun', 'openDashboard'],
  },
  cancelled: { icon: 'circle-slash', word: 'cancelled', actions: ['startRun', 'openDashboard'] },
};

/** Before any run of this window. */
const idle: Look = { icon: 'checklist', word: '', actions: ['startRun'] };

const actionTitles: Record<CommandName, string> = {
  startRun: 'Start',
  pauseRun: 'Pause',
  resumeRun: 'Resume',
  stopRun: 'Stop',
  openDashboard: 'Dashboard',
  openStoryChanges: 'Changes',
  openPrompt: 'Prompt',
  openTranscript: 'Transcript',
  showTerminal: 'Terminal',
  showLog: 'Log',
};

/** The one status bar item: how far this window's PRD is. Hidden where there is none. */
export class StatusBar implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem('storyloop.status', vscode.StatusBarAlignment.Left, 50);
  readonly #subscription: vscode.Disposable;

  constructor(
    private readonly prd: WindowPrd,
    private readonly window: WindowRun,
  ) {
    this.#item.name = 'Storyloop';
    this.#item.command = focusStories;
    this.#subscription = prd.onDidChange(() => {
      this.#render();
    });
  }

  #render(): void {
    const { stories } = this.prd;
    const { run, status } = this.window;
    if (stories.length === 0) {
      this.#item.hide();
      return;
    }
    const look = status === undefined ? idle : looks[status];
    const done = stories.filter((story) => story.status === 'completed').length;
    const asked = status === 'interrupted' ? undefined : run?.requested;
    const word = asked === undefined ? look.word : `${asked} requested`;
    this.#item.text = `$(${look.icon}) PRD ${done}/${stories.length}${word ? ` ${word}` : ''}`;
    this.#item.backgroundColor = look.background && new vscode.ThemeColor(look.background);
    this.#item.tooltip = this.#tooltip(look, stories, done);
    this.#item.accessibilityInformation = {
      label: `Storyloop PRD run, ${done} of ${stories.length} stories done${status === undefined ? '' : `, ${status}`}`,
    };
    this.#item.show();
  }

  #tooltip({ actions }: Look, stories: readonly StoryState[], done: number): vscode.MarkdownString {
    const { run, status } = this.window;
    const tooltip = new vscode.MarkdownString(undefined, true);
    tooltip.isTrusted = { enabledCommands: actions.map((name) => commandIds[name]) };
    tooltip.appendText(run?.title ?? this.prd.file?.prd?.title ?? 'PRD');
    tooltip.appendMarkdown(
      `\n\n${done} of ${stories.length} stories done${status === undefined ? '' : `, ${status}`}\n\n`,
    );
    const current = run?.currentStory === undefined ? undefined : run.stories.get(run.currentStory);
    if (current) tooltip.appendText(`${current.id} ${current.title}`).appendMarkdown('\n\n');
    tooltip.appendMarkdown(actions.map((name) => `[${actionTitles[name]}](command:${commandIds[name]})`).join(' | '));
    return tooltip;
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#item.dispose();
  }
}
