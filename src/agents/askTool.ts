import * as z from 'zod';
import { questionOptions, questionText } from '../events/question.js';
import { err, ok, type Result } from '../primitives/result.js';
import { plainText } from './agentLines.js';
import type { Desk, Tool } from './desk.js';

export const ASK_TOOL = 'ask_question';

/** Each waits for a person. */
const MOST_QUESTIONS = 5;

const plain = z.string().transform((text) => plainText(text).trim());
const ask = z.object({
  question: plain.pipe(questionText),
  options: z
    .array(plain)
    .transform((options) => [...new Set(options)])
    .pipe(questionOptions)
    .optional(),
});
export type Question = z.output<typeof ask>;
export type QuestionInput = z.input<typeof ask>;

/** The tool as agents see it. */
export const askTool: Tool = {
  name: ASK_TOOL,
  title: 'Ask a person',
  description:
    'Ask a person for a decision that is not yours to take and that neither the story nor the code answers. Then end: ' +
    'you are started again, in a fresh working folder, with the answer in your prompt. What you have changed so far is kept ' +
    'aside, but not judged.',
  inputSchema: {
    type: 'object',
    properties: {
      question: {
        type: 'string',
        maxLength: 2_000,
        description: 'One question that can be understood without your work',
      },
      options: {
        type: 'array',
        items: { type: 'string', maxLength: 200 },
        maxItems: 8,
        description: 'Answers to choose from, where there are some; others can be given, too',
      },
    },
    required: ['question'],
  },
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
};

/** Takes the questions of one attempt. */
export class AskDesk implements Desk {
  readonly tool = askTool;
  readonly #asked: string[] = [];
  #isOpen = true;

  /** `onQuestion` resolves when the question is on disk. */
  constructor(private readonly onQuestion: (question: Question) => Promise<void>) {}

  /** The first question of the attempt, if there is one: it waits for a person then. */
  get asked(): string | undefined {
    return this.#asked[0];
  }

  close(): void {
    this.#isOpen = false;
  }

  async take(input: unknown): Promise<Result<string, string>> {
    if (!this.#isOpen) return err('The attempt is over; this question was not taken.');
    const parsed = ask.safeParse(input);
    if (!parsed.success) return err(z.prettifyError(parsed.error));
    const { question } = parsed.data;
    if (!this.#asked.includes(question)) {
      if (this.#asked.length >= MOST_QUESTIONS) return err('Too many questions in this attempt; end here.');
      this.#asked.push(question);
      await this.onQuestion(parsed.data);
    }
    return ok('Asked. End here; you are started again with the answer.');
  }
}
