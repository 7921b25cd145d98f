import * as vscode from 'vscode';
import type { StoryIntentName } from '../events/catalogue.js';
import { possibleStoryIntents } from '../state/possibleIntents.js';
import type { RunState } from '../state/runState.js';
import { proofText } from '../state/selectors.js';
import { intentText } from '../state/statusText.js';
import { answerWish } from './answerQuestion.js';
import type { RunWish } from './runControl.js';
import { statusWords, type StoryNode } from './storyItems.js';

interface WishItem extends vscode.QuickPickItem {
  readonly wish: RunWish;
}

/** What is asked about a row of the tree; from the palette, about the story or criterion that a person picks. */
export async function storyWish(
  run: RunState | undefined,
  intent: StoryIntentName,
  node: StoryNode | undefined,
): Promise<RunWish | undefined> {
  if (intent === 'answer') return answerWish(run, node);
  if (node?.kind === 'criterion') return { intent, story_id: node.storyId, ac_index: node.index };
  if (node && intent !== 'accept') return { intent, story_id: node.storyId };
  const stories = [...(run?.stories.values() ?? [])].filter((story) => !node || story.id === node.storyId);
  const possible = stories.filter((story) => possibleStoryIntents(story).includes(intent));
  const items = possible.flatMap((story): WishItem[] =>
    intent === 'accept'
      ? story.criteria.map((criterion) => ({
          label: `${story.id} AC-${criterion.index} ${criterion.text}`,
          description: proofText(criterion),
          wish: { intent, story_id: story.id, ac_index: criterion.index },
        }))
      : [
          {
            label: `${story.id} ${story.title}`,
            description: statusWords(story),
            wish: { intent, story_id: story.id },
          },
        ],
  );
  if (items.length === 0) {
    void vscode.window.showInformationMessage(`There is no story to ${intentText(intent).label.toLowerCase()} now.`);
    return undefined;
  }
  const placeHolder =
    intent === 'accept' ? 'Criterion to accept' : `Story to ${intentText(intent).label.toLowerCase()}`;
  return (await vscode.window.showQuickPick(items, { placeHolder }))?.wish;
}
