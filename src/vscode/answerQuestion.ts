import * as vscode from 'vscode';
import { answerText } from '../events/question.js';
import { askedText, openQuestions } from '../state/questions.js';
import type { QuestionState, RunState } from '../state/runState.js';
import type { RunWish } from './runControl.js';
import type { StoryNode } from './storyItems.js';

interface Asked extends vscode.QuickPickItem {
  readonly storyId: string;
  readonly question: QuestionState;
}

/** A person's answer to what an agent asked: of the row's story, or of all that ask. Undefined: they think better of it. */
export async function answerWish(
  run: RunState | undefined,
  node: Pick<StoryNode, 'storyId'> | undefined,
): Promise<RunWish | undefined> {
  const asked = [...(run?.stories.values() ?? [])]
    .filter((story) => !node || story.id === node.storyId)
    .flatMap((story) =>
      openQuestions(story).map((question): Asked => ({
        label: `${story.id} ${question.question}`,
        storyId: story.id,
        question,
      })),
    );
  if (asked.length === 0) {
    void vscode.window.showInformationMessage('There is no question to answer now.');
    return undefined;
  }
  const [first, ...others] = asked;
  const chosen =
    others.length === 0 ? first : await vscode.window.showQuickPick(asked, { placeHolder: 'Question to answer' });
  const answer = chosen && (await answerTo(chosen));
  if (!chosen || answer === undefined) return undefined;
  return { intent: 'answer', story_id: chosen.storyId, question_id: chosen.question.id, answer };
}

const OWN = 'Another answer…';

/** One of what the agent proposes, or a person's own words. */
async function answerTo({ storyId, question }: Asked): Promise<string | undefined> {
  const { options = [] } = question;
  const title = askedText({ id: storyId }, { ...question, options: [] });
  const option = options.length === 0 ? OWN : await vscode.window.showQuickPick([...options, OWN], { title });
  if (option !== OWN) return option;
  const words = await vscode.window.showInputBox({
    title,
    prompt: 'The agent of the story is started again with it.',
    ignoreFocusOut: true,
    validateInput: (text) =>
      text.trim() === '' || answerText.safeParse(text.trim()).success ? undefined : 'This answer is too long.',
  });
  return words?.trim() || undefined;
}
