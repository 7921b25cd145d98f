import * as vscode from 'vscode';
import { storiesView } from './contributions.js';
import { ContextKeySetter } from './contextKeys.js';
import { changesOf, type StoryNode } from './storyItems.js';
import { StoryTree } from './storyTree.js';
import type { PrdFiles } from './prdFiles.js';
import type { WindowPrd } from './windowPrd.js';
import type { ShownStatus, WindowRun } from './windowRun.js';

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
    this.#keys.set('storyloop.run', runKey(status));
    this.#keys.set('storyloop.hasChanges', stories.some(changesOf));
    this.#keys.set(
      'storyloop.hasAttempts',
      stories.some(({ attempts }) => attempts.length > 0),
    );
    const done = stories.filter((story) => story.status === 'completed').length;
    this.#view.description =
      stories.length === 0 ? '' : `${done}/${stories.length}${status === undefined ? '' : ` ${status}`}`;
    this.#view.message =
      status === 'interrupted' ? 'The process that executed the run is gone. Resume goes on where it was.' : '';
    const failed = status === 'failed' ? stories.filter((story) => story.status === 'failed').length : 0;
    this.#view.badge = failed > 0 ? { value: failed, tooltip: `${failed} stories failed` } : undefined;
    this.#follow(run?.currentStory);
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

function runKey(status: ShownStatus | undefined): 'none' | 'running' | 'paused' | 'stopped' {
  switch (status) {
    case 'queued':
    case 'running':
      return 'running';
    case 'paused':
      return 'paused';
    case 'stopped':
    case 'interrupted':
      return 'stopped';
    case 'completed':
    case 'failed':
    case 'cancelled':
    case undefined:
      return 'none';
  }
}
