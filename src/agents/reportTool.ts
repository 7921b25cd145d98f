import * as z from 'zod';
import { err, ok, type Result } from '../primitives/result.js';
import type { CriterionClaim } from './agent.js';
import type { Desk } from './desk.js';
import { criterionId, knownCriterion } from './criterionId.js';

/** Each claim may cost a run of a test, and stands in the journal. */
const MOST_CLAIMS = 200;

export const REPORT_TOOL = 'report_criterion';

const report = z.object({
  criterion: criterionId,
  test: z.object({ file: z.string().min(1).max(1_024), name: z.string().min(1).max(1_024).optional() }).optional(),
  note: z.string().max(4_096).optional(),
});
export type CriterionReport = z.input<typeof report>;

/** The tool as agents see it. Its annotations let CLIs run it that refuse what could do harm. */
export const reportTool = {
  name: REPORT_TOOL,
  title: 'Report a criterion',
  description:
    'Report that an acceptance criterion of your story holds now. Call it once for each criterion, right after you saw ' +
    'it hold. Name a test that fails without your change and passes with it: Storyloop runs it before and after, and ' +
    'only that proves the criterion.',
  inputSchema: {
    type: 'object',
    properties: {
      criterion: { type: 'string', description: 'Its id in the prompt, for example "AC-2"' },
      test: {
        type: 'object',
        description: 'The test that shows it',
        properties: {
          file: { type: 'string', description: 'Path of the test file, from the root of the repository' },
          name: { type: 'string', description: 'Name of the test; without it the whole file counts' },
        },
        required: ['file'],
      },
      note: { type: 'string', description: 'What a reviewer should know' },
    },
    required: ['criterion'],
  },
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
} as const;

/** Takes the claims of one attempt. */
export class ReportDesk implements Desk {
  readonly tool = reportTool;
  readonly #taken = new Set<string>();
  #isOpen = true;

  constructor(
    /** Numbers of the story's criteria. */
    private readonly criteria: readonly number[],
    /** Resolves when the claim is on disk. */
    private readonly onClaim: (claim: CriterionClaim) => Promise<void>,
  ) {}

  /** The attempt is over. */
  close(): void {
    this.#isOpen = false;
  }

  async take(input: unknown): Promise<Result<string, string>> {
    if (!this.#isOpen) return err('The attempt is over; this report was not taken.');
    const parsed = report.safeParse(input);
    if (!parsed.success) return err(z.prettifyError(parsed.error));
    const { criterion, test, note } = parsed.data;
    const known = knownCriterion(criterion, this.criteria, 'This story');
    if (!known.ok) return known;
    const claim: CriterionClaim = {
      acIndex: known.value,
      test: test && { file: test.file, ...(test.name !== undefined && { name: test.name }) },
      note,
    };
    const text = JSON.stringify(claim);
    if (!this.#taken.has(text)) {
      if (this.#taken.size >= MOST_CLAIMS) return err('Too many reports in this attempt; this one was not taken.');
      this.#taken.add(text);
      await this.onClaim(claim);
    }
    return ok(`${criterion} is noted as claimed. Storyloop checks it after you have finished.`);
  }
}
