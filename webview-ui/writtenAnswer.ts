import * as z from 'zod';
import type { QuestionState, RunState, StoryState } from '../src/state/runState.js';

const questionAddress = z.object({ run_id: z.string(), story_id: z.string(), question_id: z.string() });
/** Where a question was asked. */
export type QuestionAddress = Readonly<z.infer<typeof questionAddress>>;

/** `sent`: the hub has taken it, and the run does not show it yet. */
export const writtenAnswer = questionAddress.extend({ text: z.string(), sent: z.boolean() });
export type WrittenAnswer = Readonly<z.infer<typeof writtenAnswer>>;

export const addressOf = (run: RunState, story: StoryState, question: QuestionState): QuestionAddress => ({
  run_id: run.id,
  story_id: story.id,
  question_id: question.id,
});

/** The same for the same question only. */
export const keyOf = ({ run_id, story_id, question_id }: QuestionAddress): string =>
  JSON.stringify([run_id, story_id, question_id]);
