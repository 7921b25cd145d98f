import type { QuestionState, RunState, StoryState } from './runState.js';

/** Characters of all open questions together, where they are the reason of something. */
const LONGEST = 4_000;

/** Of an answer that is given while nobody executes the run. */
export const ANSWER_KEPT = 'The answer is kept. The story goes on with it when the run is resumed.';

/** What a story's agents asked and nobody has answered. A story that has ended waits for nothing any more. */
export function openQuestions({ status, questions = [] }: StoryState): QuestionState[] {
  if (status === 'completed' || status === 'failed' || status === 'skipped') return [];
  return questions.filter(({ answer }) => answer === undefined);
}

export const hasOpenQuestions = (run: RunState): boolean =>
  [...run.stories.values()].some((story) => openQuestions(story).length > 0);

/** Whether a story waits for a person's answers. It does until the coordinator has taken the last of them up. */
export function isWaiting({ status, reason }: Pick<StoryState, 'status' | 'reason'>): boolean {
  return status === 'blocked' && reason === 'question';
}

/** `US-004 asks: Which port? (8080 / 9090)` */
export function askedText(story: Pick<StoryState, 'id'>, question: QuestionState): string {
  return `${story.id} asks: ${withOptions(question)}`;
}

const withOptions = ({ question, options = [] }: QuestionState): string =>
  options.length === 0 ? question : `${question} (${options.join(' / ')})`;

/** All that a story's agents asked, one sentence for each question, with its answer. */
export function questionTexts({ questions = [] }: Pick<StoryState, 'questions'>): string[] {
  return questions.map((question) =>
    question.answer === undefined
      ? `Asks: ${withOptions(question)}`
      : `Asked: ${question.question} Answer of ${question.answeredBy ?? 'a person'}: ${question.answer}`,
  );
}

/** How a run ends that can do nothing more without answers. Undefined when no story waits for one. */
export function waitingText(run: RunState): string | undefined {
  const stories = [...run.stories.values()].filter(isWaiting);
  if (stories.length === 0) return undefined;
  const asked = stories.flatMap((story) => openQuestions(story).map((question) => askedText(story, question)));
  return asked.length === 0
    ? 'Every question is answered'
    : `Waiting for an answer. ${asked.join(' ')}`.slice(0, LONGEST);
}
