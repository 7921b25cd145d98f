import * as z from 'zod';

const text = z.string().max(65_536);

/** What was run or who said so, when a criterion counts as proved. */
export const proof = z.discriminatedUnion('kind', [
  z.looseObject({ kind: z.literal('gate'), gate: text, commit: text }),
  z.looseObject({
    kind: z.literal('command'),
    command: text,
    commit: text,
    /** Whether the same command failed on the untouched base; without that it proves less. */
    red_on_base: z.boolean(),
  }),
  z.looseObject({ kind: z.literal('test'), test: text, commit: text, base: text }),
  /** `evidence`: what the reviewer says it saw. */
  z.looseObject({ kind: z.literal('review'), reviewer: text, commit: text, evidence: text.optional() }),
  z.looseObject({ kind: z.literal('person'), by: text }),
]);
export type Proof = z.infer<typeof proof>;
