import * as vscode from 'vscode';
import type { StoryState } from '../state/runState.js';
import type { WindowRunChange } from './windowRun.js';
import {
  attemptItem,
  attemptTooltip,
  criterionItem,
  criterionTooltip,
  gateItem,
  gateTooltip,
  nodeId,
  storyItem,
  storyTooltip,
  type StoryNode,
} from './storyItems.js';

/** What the tree shows: the stories of this window's PRD. */
export interface StorySource {
  readonly stories: readonly StoryState[];
  readonly isExecuted: boolean;
  readonly onDidChange: vscode.Event<WindowRunChange>;
}

/** Stories, below each its criteria with their proof, the gates of the attempt that is at work, and its attempts. */
export class StoryTree implements vscode.TreeDataProvider<StoryNode>, vscode.Disposable {
  /** VS Code knows a row by its object: the same row is always the same object. */
  readonly #nodes = new Map<string, StoryNode>();
  readonly #changed = new vscode.EventEmitter<StoryNode | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #subscription: vscode.Disposable;
  #stories = new Map<string, StoryState>();
  /** The order in which the rows stand; a change asks for the whole tree. */
  #order = '';

  constructor(
    private readonly source: StorySource,
    private readonly isTrusted: () => boolean,
  ) {
    this.#subscription = source.onDidChange(({ stories }) => {
      this.#refresh(stories);
    });
  }

  getChildren(node?: StoryNode): StoryNode[] {
    if (!node) {
      this.#read();
      return [...this.#stories.keys()].map((storyId) => this.#node({ kind: 'story', storyId }));
    }
    const story = this.#stories.get(node.storyId);
    if (node.kind !== 'story' || !story) return [];
    const gates = story.status === 'in_progress' ? story.gates : [];
    return [
      ...story.criteria.map(({ index }) => this.#node({ kind: 'criterion', storyId: story.id, index })),
      ...gates.map(({ name }) => this.#node({ kind: 'gate', storyId: story.id, gate: name })),
      ...story.attempts.map(({ attempt }) => this.#node({ kind: 'attempt', storyId: story.id, attempt })),
    ];
  }

  getTreeItem(node: StoryNode): vscode.TreeItem {
    const item = this.#item(node);
    item.id = nodeId(node);
    return item;
  }

  getParent(node: StoryNode): StoryNode | undefined {
    return node.kind === 'story' ? undefined : this.#node({ kind: 'story', storyId: node.storyId });
  }

  resolveTreeItem(item: vscode.TreeItem, node: StoryNode): vscode.TreeItem {
    const { story, criterion, gate, attempt } = this.#find(node);
    if (criterion) item.tooltip = criterionTooltip(criterion);
    else if (gate) item.tooltip = gateTooltip(gate);
    else if (attempt) item.tooltip = attemptTooltip(attempt);
    else if (story) item.tooltip = storyTooltip(story, this.source.isExecuted);
    return item;
  }

  #item(node: StoryNode): vscode.TreeItem {
    const { story, criterion, gate, attempt } = this.#find(node);
    if (criterion) return criterionItem(criterion, this.source.isExecuted);
    if (gate) return gateItem(gate);
    if (attempt) return attemptItem(attempt);
    // A row whose subject has just gone; the refresh is on its way.
    return story ? storyItem(story, this.source.isExecuted) : new vscode.TreeItem(node.storyId);
  }

  #find(node: StoryNode) {
    const story = this.#stories.get(node.storyId);
    return {
      story,
      criterion: node.kind === 'criterion' ? story?.criteria.find(({ index }) => index === node.index) : undefined,
      attempt: node.kind === 'attempt' ? story?.attempts.find(({ attempt }) => attempt === node.attempt) : undefined,
      gate: node.kind === 'gate' ? story?.gates.find(({ name }) => name === node.gate) : undefined,
    };
  }

  #node(node: StoryNode): StoryNode {
    const id = nodeId(node);
    const known = this.#nodes.get(id);
    if (known) return known;
    this.#nodes.set(id, node);
    return node;
  }

  #read(): void {
    this.#stories = new Map(this.isTrusted() ? this.source.stories.map((story) => [story.id, story]) : []);
    this.#order = [...this.#stories.keys()].join('\n');
  }

  #refresh(touched: ReadonlySet<string> | undefined): void {
    const order = this.#order;
    this.#read();
    if (touched === undefined || order !== this.#order) {
      this.#nodes.clear();
      this.#changed.fire(undefined);
      return;
    }
    for (const storyId of touched) this.#changed.fire(this.#node({ kind: 'story', storyId }));
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }
}
