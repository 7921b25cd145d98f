import * as z from 'zod';
import { err, ok, type Result } from '../primitives/result.js';

/** How prompts name a criterion, and agents answer. */
export const criterionId = z
  .string()
  .regex(/^AC-[1-9]\d{0,3}$/, 'a criterion is named as in the prompt, for example "AC-2"');

/** Its number; the error says which ones `whose` has. */
export function knownCriterion(id: string, criteria: readonly number[], whose: string): Result<number, string> {
  const index = Number(id.slice('AC-'.length));
  if (criteria.includes(index)) return ok(index);
  const known = criteria.map((one) => `AC-${one}`).join(', ');
  return err(`There is no ${id}. ${whose} has ${known || 'no criteria'}.`);
}
