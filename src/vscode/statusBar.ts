import * as vscode from 'vscode';
import type { ShownStatus } from '../state/liveness.js';
import type { StoryState } from '../state/runState.js';
import { currentStories } from '../state/selectors.js';
import { limitText, waitsUntil } from '../state/statusText.js';
import { commandIds } from './contributions.js';
import { runActions } from './runActions.js';
import type { RunStore } from './runStore.js';
import type { WindowPrd } from './windowPrd.js';
import type { WindowRun } from './windowRun.js';

interface Look {
  readonly icon: string;
  /** Said after the count, where the icon alone would not be understood. */
  readonly word: string;
  /** Only when a person has to act. */
  readonly background?: 'statusBarItem.warningBackground' | 'statusBarItem.errorBackground';
}

const looks: Record<ShownStatus, Look> = {
  queued: { icon: 'watch', word: 'queued' },
  running: { icon: 'sync~spin', word: '' },
  paused: { icon: 'debug-pause', word: 'paused' },
  stopped: { icon: 'debug-stop', word: 'stopped' },
  interrupted: {
    icon: 'warning',
    word: 'interrupted',
    background: 'statusBarItem.warningBackground',
  },
  completed: { icon: 'pass-filled', word: '' },
  failed: {
    icon: 'error',
    word: 'failed',
    background: 'statusBarItem.errorBackground',
  },
  cancelled: { icon: 'circle-slash', word: 'cancelled' },
};

/** Before any run of this window. */
const idle: Look = { icon: 'checklist', word: '' };

/** The one status bar item: how far this window's PRD is. Hidden where there is none. */
export class StatusBar implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem('storyloop.status', vscode.StatusBarAlignment.Left, 50);
  readonly #subscription: vscode.Disposable;

  constructor(
    private readonly prd: WindowPrd,
    private readonly window: WindowRun,
    private readonly store: RunStore,
  ) {
    this.#item.name = 'Storyloop';
    this.#item.command = commandIds.showRunActions;
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
    const look = this.#look();
    const done = stories.filter((story) => story.status === 'completed').length;
    const asked = status === 'interrupted' ? undefined : run?.requested;
    const words = [run?.external ? 'external' : '', asked === undefined ? look.word : `${asked} requested`];
    const text = [`PRD ${done}/${stories.length}`, ...words].filter(Boolean).join(' ');
    this.#item.text = `$(${look.icon}) ${text}`;
    this.#item.backgroundColor = look.background && new vscode.ThemeColor(look.background);
    this.#item.tooltip = this.#tooltip(stories, done);
    this.#item.accessibilityInformation = {
      label: `Storyloop ${run?.external ? 'external ' : ''}PRD run, ${done} of ${stories.length} stories done${status === undefined ? '' : `, ${status}`}`,
    };
    this.#item.show();
  }

  #look(): Look {
    const { run, status } = this.window;
    const until = run && status === 'running' ? waitsUntil(run) : undefined;
    if (until !== undefined) return { icon: 'watch', word: `waits until ${until}` };
    return status === undefined ? idle : looks[status];
  }

  #tooltip(stories: readonly StoryState[], done: number): vscode.MarkdownString {
    const { run, status } = this.window;
    const actions = runActions(this.prd, this.window, this.store);
    const tooltip = new vscode.MarkdownString(undefined, true);
    tooltip.isTrusted = { enabledCommands: actions.map(({ command }) => command) };
    tooltip.appendText(run?.title ?? this.prd.file?.prd?.title ?? 'PRD');
    tooltip.appendMarkdown(
      `\n\n${done} of ${stories.length} stories done${status === undefined ? '' : `, ${status}`}\n\n`,
    );
    const limit = run && limitText(run);
    if (limit !== undefined) tooltip.appendText(limit).appendMarkdown('\n\n');
    for (const { id, title } of run ? currentStories(run) : [])
      tooltip.appendText(`${id} ${title}`).appendMarkdown('\n\n');
    tooltip.appendMarkdown(actions.map(({ title, command }) => `[${title}](command:${command})`).join(' | '));
    return tooltip;
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#item.dispose();
  }
}
