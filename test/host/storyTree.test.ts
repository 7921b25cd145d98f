import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { parsePrd } from '../../src/prd/parsePrd.js';
import type { StoryState } from '../../src/state/runState.js';
import { nodeId, type StoryNode } from '../../src/vscode/storyItems.js';
import { StoryTree } from '../../src/vscode/storyTree.js';
import { storiesOf } from '../../src/vscode/windowPrd.js';
import type { WindowRunChange } from '../../src/vscode/windowRun.js';

const prdText = JSON.stringify({
  project: 'Shop',
  userStories: [
    { id: 'US-1', title: 'Cart', acceptanceCriteria: ['Tests pass', 'It adds up'], priority: 1, passes: true },
    { id: 'US-2', title: 'Pay', acceptanceCriteria: ['It charges'], priority: 2, passes: false },
  ],
});

function plannedStories(): StoryState[] {
  const parsed = parsePrd(prdText);
  assert.ok(parsed.ok);
  return storiesOf(parsed.value.prd, undefined);
}

/** By what menus know the rows. */
const contextsOf = (rig: TreeRig, parent?: StoryNode): (string | undefined)[] =>
  rig.tree.getChildren(parent).map((node) => rig.tree.getTreeItem(node).contextValue);

/** A tree over stories that the test changes, and what it asked VS Code to draw again. */
class TreeRig {
  readonly changed = new vscode.EventEmitter<WindowRunChange>();
  readonly onDidChange = this.changed.event;
  readonly refreshed: (string | undefined)[] = [];
  readonly tree: StoryTree;

  constructor(
    public stories: StoryState[],
    public trusted = true,
    public isExecuted = true,
  ) {
    this.tree = new StoryTree(this, () => this.trusted);
    this.tree.onDidChangeTreeData((node) => this.refreshed.push(node && nodeId(node)));
  }

  /** The whole tree as text, a row a line. */
  text(node?: StoryNode, indent = ''): string[] {
    return this.tree.getChildren(node).flatMap((child) => {
      const item = this.tree.getTreeItem(child);
      const icon = item.iconPath instanceof vscode.ThemeIcon ? item.iconPath.id : '';
      const label = typeof item.label === 'string' ? item.label : '';
      const description = typeof item.description === 'string' ? item.description : '';
      return [`${indent}${icon} ${label} | ${description}`, ...this.text(child, `${indent}  `)];
    });
  }
}

describe('the story tree', () => {
  it('shows the stories and criteria of the PRD before any run', () => {
    assert.deepEqual(new TreeRig(plannedStories()).text(), [
      'pass-filled US-1 Cart | done, 0/2',
      '  circle-outline AC-1 Tests pass | Not proved',
      '  circle-outline AC-2 It adds up | Not proved',
      'circle-outline US-2 Pay | open, 0/1',
      '  circle-outline AC-1 It charges | Not proved',
    ]);
  });

  it('shows proofs, claims, failed checks, and the gates of the attempt that is at work', () => {
    const [cart, pay] = plannedStories();
    assert.ok(cart && pay);
    pay.status = 'in_progress';
    pay.attempts = [
      { attempt: 1, startedAt: '' },
      { attempt: 2, startedAt: '' },
    ];
    pay.gates = [
      { name: 'test', status: 'passed' },
      { name: 'lint', status: 'running', since: '' },
    ];
    const [charges] = pay.criteria;
    assert.ok(charges);
    charges.status = 'proved';
    charges.proof = { kind: 'gate', gate: 'test', commit: '0123456789abcdef' };
    assert.deepEqual(new TreeRig([pay]).text(), [
      'sync~spin US-2 Pay | running, attempt 2, 1/1',
      '  check AC-1 It charges | Gate "test" passed on 01234567',
      '  testing-passed-icon Gate test | passed',
      '  sync~spin Gate lint | running',
      '  sync~spin Attempt 1 | running',
      '  sync~spin Attempt 2 | running',
    ]);
    cart.status = 'failed';
    cart.reason = 'gate-failed';
    cart.criteria.forEach((criterion, index) => {
      criterion.status = index === 0 ? 'claimed' : 'failed';
      criterion.message = 'no sum';
    });
    assert.deepEqual(new TreeRig([cart]).text(), [
      'error US-1 Cart | failed: gate failed, 0/2',
      '  comment AC-1 Tests pass | Claimed by the agent, not proved',
      '  close AC-2 It adds up | Check failed: no sum',
    ]);
  });

  it('does not show a story as running when nobody executes the run', () => {
    const [story] = plannedStories().slice(1);
    assert.ok(story);
    story.status = 'in_progress';
    assert.equal(new TreeRig([story], true, false).text()[0], 'debug-disconnect US-2 Pay | interrupted, 0/1');
  });

  it('shows how each attempt ended and what it cost, and offers its files where there are some', () => {
    const [story] = plannedStories();
    assert.ok(story);
    const times = { startedAt: '', endedAt: '' };
    const usage = { inputTokens: 2_000, outputTokens: 100, costUsd: 0.125 };
    story.criteria = [];
    story.attempts = [
      { attempt: 1, ...times, success: false, reason: 'agent-rate-limited', message: 'Limit *until* nine', usage },
      { attempt: 2, ...times, success: false, reason: 'interrupted' },
      { attempt: 3, ...times, success: true, transcript: '/t' },
    ];
    const rig = new TreeRig([story]);
    assert.deepEqual(rig.text().slice(1), [
      '  close Attempt 1 | rate limit of the agent, $0.13',
      '  debug-disconnect Attempt 2 | interrupted',
      '  check Attempt 3 | succeeded',
    ]);
    const [node] = rig.tree.getChildren();
    assert.ok(node);
    const rows = rig.tree.getChildren(node);
    const contexts = [node, ...rows].map((row) => rig.tree.getTreeItem(row).contextValue);
    assert.deepEqual(contexts, ['story;attempts', 'attempt', 'attempt', 'attempt;files']);
    const [first] = rows;
    assert.ok(first);
    const { tooltip } = rig.tree.resolveTreeItem(rig.tree.getTreeItem(first), first);
    assert.ok(tooltip instanceof vscode.MarkdownString);
    assert.match(tooltip.value.replaceAll('&nbsp;', ' '), /2,100 tokens, \$0\.13[^]*Limit \*until\* nine/);
  });

  it('says the state in words to a screen reader', () => {
    const rig = new TreeRig(plannedStories());
    const labels = rig.tree.getChildren().map((node) => rig.tree.getTreeItem(node).accessibilityInformation?.label);
    assert.deepEqual(labels, [
      'Story US-1 Cart, done, 0 of 2 criteria proved',
      'Story US-2 Pay, open, 0 of 1 criteria proved',
    ]);
  });

  it('keeps ids, and knows the parent of each row', () => {
    const rig = new TreeRig(plannedStories());
    const [story] = rig.tree.getChildren();
    assert.ok(story);
    const rows = rig.tree.getChildren(story);
    assert.deepEqual(
      [story, ...rows].map((node) => rig.tree.getTreeItem(node).id),
      ['story:US-1', 'ac:US-1:1', 'ac:US-1:2'],
    );
    for (const row of rows) assert.equal(rig.tree.getParent(row), story);
    assert.equal(rig.tree.getParent(story), undefined);
  });

  it('draws again only the story that changed, and everything when the stories are others', () => {
    const rig = new TreeRig(plannedStories());
    rig.text();
    rig.changed.fire({ stories: new Set(['US-2']) });
    assert.deepEqual(rig.refreshed, ['story:US-2']);
    rig.stories = rig.stories.slice(1);
    rig.changed.fire({ stories: new Set(['US-2']) });
    assert.deepEqual(rig.refreshed, ['story:US-2', undefined]);
  });

  it('offers the changes of a story only when there are some', () => {
    const stories = plannedStories();
    const [first] = stories;
    assert.ok(first);
    first.commits = ['0123456789abcdef'];
    assert.deepEqual(contextsOf(new TreeRig(stories, true, false)), ['story;changes', 'story']);
  });

  it('offers what can be asked about a story or a criterion while somebody executes the run', () => {
    const rig = new TreeRig(plannedStories());
    assert.deepEqual(contextsOf(rig), ['story', 'story;prioritise;skip']);
    const [, open] = rig.tree.getChildren();
    assert.equal(contextsOf(rig, open)[0], 'criterion;accept');
    rig.isExecuted = false;
    assert.deepEqual(contextsOf(rig), ['story', 'story']);
    assert.equal(contextsOf(rig, open)[0], 'criterion');
  });

  it('names what a story asks, and offers to answer also before the run is resumed', () => {
    const [, story] = plannedStories();
    assert.ok(story);
    Object.assign(story, { status: 'blocked', reason: 'question' } satisfies Partial<StoryState>);
    story.questions = [{ id: 'Q-1', question: 'Which port?', options: ['80', '8080'] }];
    const rig = new TreeRig([story]);
    assert.equal(rig.text()[0], 'question US-2 Pay | asks: Which port?, 0/1');
    assert.deepEqual(contextsOf(rig), ['story;answer;skip']);
    rig.isExecuted = false;
    assert.deepEqual(contextsOf(rig), ['story;answer']);
  });

  it('shows texts of files and agents as text, never as links or commands', () => {
    const [story] = plannedStories();
    assert.ok(story);
    story.title = '[click](command:workbench.action.quit) <img src=x>';
    const rig = new TreeRig([story]);
    const [node] = rig.tree.getChildren();
    assert.ok(node);
    const { tooltip } = rig.tree.resolveTreeItem(rig.tree.getTreeItem(node), node);
    assert.ok(tooltip instanceof vscode.MarkdownString);
    assert.ok(!tooltip.isTrusted && !tooltip.supportHtml);
    assert.ok(!tooltip.value.includes('[click](command:'));
  });

  it('is empty in a workspace that is not trusted', () => {
    assert.deepEqual(new TreeRig(plannedStories(), false).text(), []);
  });
});
