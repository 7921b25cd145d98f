import * as vscode from 'vscode';
import type { AttemptState, RunState, StoryState } from '../state/runState.js';
import { attemptWords, type StoryNode } from './storyItems.js';

/** What an attempt leaves in the run's folder. */
export type AttemptFile = 'prompt' | 'transcript' | 'review';

/** Opens what an agent was told, what it said, or what its reviewer said. Without an attempt's row, the story's last one, or a person picks. */
export async function openAttemptFile(
  run: RunState | undefined,
  file: AttemptFile,
  node: StoryNode | undefined,
): Promise<void> {
  const attempt = node ? attemptOf(run?.stories.get(node.storyId), node) : await pickAttempt(run, file);
  if (!attempt) return;
  const path = file === 'review' ? attempt.review?.transcript : attempt[file];
  // The paths of an outside publisher may lead anywhere.
  if (path === undefined || run?.external !== false) {
    void vscode.window.showInformationMessage(`There is no ${file} of attempt ${attempt.attempt}.`);
    return;
  }
  try {
    await vscode.window.showTextDocument(vscode.Uri.file(path), { preview: true });
  } catch {
    void vscode.window.showErrorMessage(`The ${file} of attempt ${attempt.attempt} is gone: ${path}`);
  }
}

function attemptOf(story: StoryState | undefined, node: StoryNode): AttemptState | undefined {
  return node.kind === 'attempt'
    ? story?.attempts.find(({ attempt }) => attempt === node.attempt)
    : story?.attempts.at(-1);
}

async function pickAttempt(run: RunState | undefined, file: AttemptFile): Promise<AttemptState | undefined> {
  const items = [...(run?.stories.values() ?? [])].flatMap((story) =>
    story.attempts.map((attempt) => ({
      label: `${story.id} attempt ${attempt.attempt}`,
      description: attemptWords(attempt),
      attempt,
    })),
  );
  const picked = await vscode.window.showQuickPick(items, { placeHolder: `Attempt whose ${file} to open` });
  return picked?.attempt;
}
