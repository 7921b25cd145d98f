import * as vscode from 'vscode';
import { plainText } from '../state/outputText.js';
import { resultOf } from '../state/runResult.js';
import { possibleIntents } from '../state/possibleIntents.js';
import { openQuestions } from '../state/questions.js';
import { currentStory } from '../state/selectors.js';
import { changedText, heldText, limitText } from '../state/statusText.js';
import { storiesView, type ContextKeys } from './contributions.js';
import { ContextKeySetter } from './contextKeys.js';
import { changesOf, type StoryNode } from './storyItems.js';
import { StoryTree } from './storyTree.js';
import type { RunStore } from './runStore.js';
import type { PrdFiles } from './prdFiles.js';
import type { WindowPrd } from './windowPrd.js';
import type { WindowRun } from './windowRun.js';

/** The stories view around the tree: its headline, its badge, and the context keys that menus and welcome texts ask for. */
export class StoriesView implements vscode.Disposable {
  readonly #keys = new ContextKeySetter();
  readonly #tree: StoryTree;
  readonly #view: vscode.TreeView<StoryNode>;
  readonly #subscription: vscode.Disposable;
  #current: string | undefined;

  constructor(
    private readonly files: PrdFiles,
    private readonly prd: WindowPrd,
    private readonly window: WindowRun,
    private readonly store: RunStore,
  ) {
    this.#tree = new StoryTree(prd, () => vscode.workspace.isTrusted);
    this.#view = vscode.window.createTreeView(storiesView, { treeDataProvider: this.#tree, showCollapseAll: true });
    this.#subscription = prd.onDidChange(() => {
      this.#update();
    });
  }

  get visible(): boolean {
    return this.#view.visible;
  }

  get onDidChangeVisibility(): vscode.Event<vscode.TreeViewVisibilityChangeEvent> {
    return this.#view.onDidChangeVisibility;
  }

  #update(): void {
    const { run, status } = this.window;
    const { stories } = this.prd;
    this.#keys.set('storyloop.hasPrd', this.files.all.length > 0);
    this.#keys.set('storyloop.problem', this.prd.problem ?? '');
    this.#keys.set('storyloop.run', this.#runKey());
    this.#keys.set('storyloop.hasChanges', stories.some(changesOf));
    this.#keys.set('storyloop.hasResult', run !== undefined && !run.external && resultOf(run).ok);
    this.#keys.set(
      'storyloop.hasAttempts',
      stories.some(({ attempts }) => attempts.length > 0),
    );
    const asking = stories.filter((story) => openQuestions(story).length > 0).length;
    this.#keys.set('storyloop.hasQuestions', asking > 0);
    const done = stories.filter((story) => story.status === 'completed').length;
    const words = [`${done}/${stories.length}`, run?.external ? 'external' : '', status ?? ''].filter(Boolean);
    this.#view.description = stories.length === 0 ? '' : words.join(' ');
    this.#view.message = this.#message();
    const failed = status === 'failed' ? stories.filter((story) => story.status === 'failed').length : 0;
    const waiting = asking > 0 ? { value: asking, tooltip: `${asking} stories wait for an answer` } : undefined;
    this.#view.badge = failed > 0 ? { value: failed, tooltip: `${failed} stories failed` } : waiting;
    this.#follow(run && currentStory(run)?.id);
  }

  #runKey(): ContextKeys['storyloop.run'] {
    const { run, status } = this.window;
    const intents = run && status !== undefined ? possibleIntents(run, status, this.store.runs) : [];
    if (intents.includes('stop')) {
      if (status === 'paused') return 'paused';
      return intents.includes('resume') ? 'waiting' : 'running';
    }
    return intents.includes('resume') ? 'stopped' : 'none';
  }

  /** What a person should know and no row says. */
  #message(): string {
    const { run, status } = this.window;
    const resume = 'Resume goes on where it was.';
    const isResumable = this.#runKey() === 'stopped';
    const why = plainText(run?.statusReason ?? 'The run was stopped').replace(/\.$/, '');
    const ended = status === 'interrupted' ? 'The process that executed the run is gone.' : `${why}.`;
    const notes = run
      ? [
          status === 'running' ? limitText(run) : undefined,
          heldText(run),
          run.changed && changedText(run.path, run.changed),
        ]
      : [];
    return [...(isResumable ? [ended, resume] : []), ...notes].filter(Boolean).join(' ');
  }

  /** Opens the story that is at work, where a person looks anyway. */
  #follow(current: string | undefined): void {
    if (current === this.#current) return;
    this.#current = current;
    if (current === undefined || !this.#view.visible) return;
    const row = this.#tree.getChildren().find(({ storyId }) => storyId === current);
    if (row) void this.#view.reveal(row, { select: false, focus: false, expand: true });
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#view.dispose();
    this.#tree.dispose();
  }
}
