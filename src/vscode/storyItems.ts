import * as vscode from 'vscode';
import type { AttemptState, CriterionState, GateState, StoryState } from '../state/runState.js';
import { possibleStoryIntents } from '../state/possibleIntents.js';
import { isWaiting, openQuestions, questionTexts } from '../state/questions.js';
import { proofText, provedCriteria, testsText, usageText } from '../state/selectors.js';
import {
  foreseenText,
  gateLook,
  gateText,
  intentText,
  reasonText,
  waitsText,
  workerText,
} from '../state/statusText.js';

/** A row of the story tree. Rows are values; what they show is looked up by id when it is asked for. */
export type StoryNode =
  | { readonly kind: 'story'; readonly storyId: string }
  | { readonly kind: 'criterion'; readonly storyId: string; readonly index: number }
  | { readonly kind: 'gate'; readonly storyId: string; readonly gate: string }
  | { readonly kind: 'attempt'; readonly storyId: string; readonly attempt: number };

export function nodeId(node: StoryNode): string {
  switch (node.kind) {
    case 'story':
      return `story:${node.storyId}`;
    case 'criterion':
      return `ac:${node.storyId}:${node.index}`;
    case 'gate':
      return `gate:${node.storyId}:${node.gate}`;
    case 'attempt':
      return `attempt:${node.storyId}:${node.attempt}`;
  }
}

/** `isExecuted`: whether somebody executes the run. */
export function storyItem(story: StoryState, isExecuted: boolean): vscode.TreeItem {
  const isInterrupted = story.status === 'in_progress' && !isExecuted;
  const words = isInterrupted ? 'interrupted' : statusWords(story);
  const ledger = `${provedCriteria(story)} of ${story.criteria.length} criteria proved`;
  const item = new vscode.TreeItem(
    `${story.id} ${story.title}`,
    story.status === 'in_progress'
      ? vscode.TreeItemCollapsibleState.Expanded
      : vscode.TreeItemCollapsibleState.Collapsed,
  );
  const rival = story.foreseen?.[0]?.story;
  const soFar = story.criteria.length > 0 ? `${words}, ${provedCriteria(story)}/${story.criteria.length}` : words;
  const before = isExecuted ? story.waitsFor?.map((other) => other.story).join(', ') : undefined;
  item.description = [
    soFar,
    ...(before === undefined ? [] : [`waits for ${before}`]),
    ...(rival === undefined ? [] : [`will conflict with ${rival}`]),
  ].join(', ');
  item.iconPath = isInterrupted ? icon('debug-disconnect') : storyIcon(story);
  // An answer keeps until the run is taken up again.
  const asked = possibleStoryIntents(story).filter((intent) =>
    isExecuted ? intent !== 'accept' : intent === 'answer',
  );
  item.contextValue = ['story', story.attempts.length > 0 && 'attempts', changesOf(story) && 'changes', ...asked]
    .filter(Boolean)
    .join(';');
  item.accessibilityInformation = { label: `Story ${story.id} ${story.title}, ${words}, ${ledger}` };
  return item;
}

export function criterionItem(criterion: CriterionState, isExecuted: boolean): vscode.TreeItem {
  const item = new vscode.TreeItem(`AC-${criterion.index} ${criterion.text}`);
  item.description = proofText(criterion);
  item.iconPath = criterionIcon(criterion);
  item.contextValue = isExecuted && criterion.status !== 'proved' ? 'criterion;accept' : 'criterion';
  item.accessibilityInformation = {
    label: `Criterion ${criterion.index}, ${criterion.text}: ${proofText(criterion)}`,
  };
  return item;
}

export function gateItem(gate: GateState): vscode.TreeItem {
  const item = new vscode.TreeItem(`Gate ${gate.name}`);
  const words = gateWords(gate);
  item.description = words;
  item.iconPath = gateIcon(gate);
  item.contextValue = 'gate';
  item.accessibilityInformation = { label: `Gate ${gate.name}, ${words}` };
  return item;
}

export function attemptItem(attempt: AttemptState): vscode.TreeItem {
  const item = new vscode.TreeItem(`Attempt ${attempt.attempt}`);
  const words = attemptWords(attempt);
  const cost = attempt.usage?.costUsd;
  item.description = cost === undefined ? words : `${words}, $${cost.toFixed(2)}`;
  item.iconPath = attemptIcon(attempt);
  item.contextValue = ['attempt', attempt.transcript !== undefined && 'files', attempt.review && 'review']
    .filter(Boolean)
    .join(';');
  item.accessibilityInformation = { label: `Attempt ${attempt.attempt}, ${item.description}` };
  return item;
}

/** Made when somebody hovers: texts come from files and agents, so they are shown as text and not as markdown. */
export function storyTooltip(story: StoryState, isExecuted: boolean): vscode.MarkdownString {
  const lines = [
    `${story.id} ${story.title}`,
    statusWords(story),
    ...(story.message === undefined ? [] : [story.message]),
    ...(isExecuted ? waitsText(story) : []),
    ...foreseenText(story),
    ...questionTexts(story),
  ];
  const attempt = story.attempts.at(-1);
  if (attempt) lines.push(`Attempt ${attempt.attempt}${attempt.message === undefined ? '' : `: ${attempt.message}`}`);
  if (story.tests) lines.push(testsText(story.tests));
  if (story.dependsOn.length > 0) lines.push(`Depends on ${story.dependsOn.join(', ')}`);
  return plain(lines);
}

export function criterionTooltip(criterion: CriterionState): vscode.MarkdownString {
  return plain([`AC-${criterion.index} ${criterion.text}`, proofText(criterion)]);
}

export function gateTooltip(gate: GateState): vscode.MarkdownString {
  const tooltip = plain([`Gate ${gate.name}: ${gateWords(gate)}`]);
  if (gate.status !== 'running' && gate.output !== undefined) tooltip.appendCodeblock(gate.output.slice(-2_000));
  return tooltip;
}

export function attemptTooltip(attempt: AttemptState): vscode.MarkdownString {
  const worker = workerText(attempt);
  const lines = [`Attempt ${attempt.attempt}: ${attemptWords(attempt)}`, ...(worker === undefined ? [] : [worker])];
  if (attempt.usage) lines.push(usageText(attempt.usage));
  const tooltip = plain(lines);
  if (attempt.message !== undefined) tooltip.appendCodeblock(attempt.message.slice(0, 2_000));
  return tooltip;
}

/** How an attempt ended, and why. */
export function attemptWords({ endedAt, success, reason }: AttemptState): string {
  if (endedAt === undefined) return 'running';
  if (success) return 'succeeded';
  return reason === undefined ? 'did not succeed' : reasonText(reason).toLowerCase();
}

/** The commits between which a story's work lies: its result, or what its last attempt left. */
export function changesOf(story: StoryState): { readonly base: string; readonly commit: string } | undefined {
  const attempt = story.attempts.at(-1);
  const commit = story.commits.at(-1) ?? attempt?.commit;
  return commit === undefined ? undefined : { base: attempt?.base ?? `${commit}^`, commit };
}

export function statusWords(story: StoryState): string {
  const { requested } = story;
  return requested === undefined
    ? doneSoFar(story)
    : `${doneSoFar(story)}, ${intentText(requested).waiting.toLowerCase()}`;
}

function doneSoFar(story: StoryState): string {
  const attempt = story.attempts.length;
  switch (story.status) {
    case 'open':
      return 'open';
    case 'in_progress':
      return attempt > 1 ? `running, attempt ${attempt}` : 'running';
    case 'completed':
      return 'done';
    case 'failed':
      return story.reason === undefined ? 'failed' : `failed: ${story.reason.replaceAll('-', ' ')}`;
    case 'blocked':
      return isWaiting(story) ? waitingWords(story) : 'blocked';
    case 'skipped':
      return 'skipped';
  }
}

function waitingWords(story: StoryState): string {
  const [question] = openQuestions(story);
  return question === undefined ? 'answered' : `asks: ${question.question}`;
}

function storyIcon(story: StoryState): vscode.ThemeIcon {
  switch (story.status) {
    case 'open':
      return icon('circle-outline');
    case 'in_progress':
      return icon('sync~spin');
    case 'completed':
      return icon('pass-filled', 'testing.iconPassed');
    case 'failed':
      return icon('error', 'testing.iconFailed');
    case 'blocked':
      return isWaiting(story) ? icon('question', 'list.warningForeground') : icon('circle-slash');
    case 'skipped':
      return icon('debug-step-over');
  }
}

function attemptIcon({ endedAt, success, reason }: AttemptState): vscode.ThemeIcon {
  if (endedAt === undefined) return icon('sync~spin');
  if (success) return icon('check', 'testing.iconPassed');
  if (reason === 'question') return icon('question', 'list.warningForeground');
  return reason === 'interrupted' ? icon('debug-disconnect') : icon('close', 'testing.iconFailed');
}

const gateWords = (gate: GateState): string => gateText(gate).toLowerCase();

function gateIcon(gate: GateState): vscode.ThemeIcon {
  switch (gate.status) {
    case 'running':
      return icon('sync~spin');
    case 'passed':
      return gateLook(gate).tone === 'warning'
        ? icon('warning', 'list.warningForeground')
        : icon('testing-passed-icon', 'testing.iconPassed');
    case 'failed':
      return gateLook(gate).tone === 'warning'
        ? icon('warning', 'list.warningForeground')
        : icon('testing-failed-icon', 'testing.iconFailed');
  }
}

function criterionIcon({ status }: CriterionState): vscode.ThemeIcon {
  switch (status) {
    case 'unproved':
      return icon('circle-outline');
    case 'claimed':
      return icon('comment');
    case 'proved':
      return icon('check', 'testing.iconPassed');
    case 'failed':
      return icon('close', 'testing.iconFailed');
  }
}

function icon(id: string, color?: string): vscode.ThemeIcon {
  return new vscode.ThemeIcon(id, color === undefined ? undefined : new vscode.ThemeColor(color));
}

function plain(lines: readonly string[]): vscode.MarkdownString {
  const tooltip = new vscode.MarkdownString();
  lines.forEach((line, index) => {
    if (index > 0) tooltip.appendMarkdown('\n\n');
    tooltip.appendText(line);
  });
  return tooltip;
}
