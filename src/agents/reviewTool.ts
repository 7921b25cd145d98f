import * as z from 'zod';
import { err, ok, type Result } from '../primitives/result.js';
import type { CriterionFinding } from './agent.js';
import { criterionId, knownCriterion } from './criterionId.js';
import type { Desk, Tool } from './desk.js';

export const REVIEW_TOOL = 'review_criterion';

/** Nobody changes their mind that often. */
const MOST_FINDINGS = 200;

const finding = z.object({
  criterion: criterionId,
  holds: z.boolean(),
  evidence: z.string().trim().min(1, 'say what you read or ran, and what you saw').max(4_096),
  key: z.string(),
});

/** The tool as reviewers see it. */
export const reviewTool: Tool = {
  name: REVIEW_TOOL,
  title: 'Say whether a criterion holds',
  description:
    'Say whether an acceptance criterion holds, once for each criterion, after you looked for yourself. What you say last ' +
    'counts. A criterion that you cannot see to hold does not hold.',
  inputSchema: {
    type: 'object',
    properties: {
      criterion: { type: 'string', description: 'Its id in the prompt, for example "AC-2"' },
      holds: { type: 'boolean', description: 'Whether you saw that it holds' },
      key: { type: 'string', description: 'The key that the prompt names' },
      evidence: {
        type: 'string',
        description: 'What you read or ran, and what you saw; if it does not hold, what is missing',
      },
    },
    required: ['criterion', 'holds', 'evidence', 'key'],
  },
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
};

/** Takes the findings of one review. */
export class ReviewDesk implements Desk {
  readonly tool = reviewTool;
  #taken = 0;
  #isOpen = true;

  constructor(
    /** Numbers of the criteria under review. */
    private readonly criteria: readonly number[],
    private readonly key: string,
    private readonly onFinding: (finding: CriterionFinding) => void,
  ) {}

  close(): void {
    this.#isOpen = false;
  }

  take(input: unknown): Promise<Result<string, string>> {
    return Promise.resolve(this.#take(input));
  }

  #take(input: unknown): Result<string, string> {
    if (!this.#isOpen) return err('The review is over; this was not taken.');
    const parsed = finding.safeParse(input);
    if (!parsed.success) return err(z.prettifyError(parsed.error));
    const { criterion, holds, evidence, key } = parsed.data;
    if (key !== this.key) return err('That is not the key that the prompt names.');
    const known = knownCriterion(criterion, this.criteria, 'This review');
    if (!known.ok) return known;
    if ((this.#taken += 1) > MOST_FINDINGS) return err('Too many findings in this review; this one was not taken.');
    this.onFinding({ acIndex: known.value, holds, evidence, key });
    return ok(`${criterion} is noted.`);
  }
}
