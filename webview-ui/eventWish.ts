import * as z from 'zod';
import { severity } from '../src/events/envelope.js';
import { subscriptionFilter, type SubscriptionFilter } from '../src/events/frames.js';
import { err, ok, type Result } from '../src/primitives/result.js';

/** Choices of severity: each with those that are more serious. */
export const severityFloor = severity;

/** What a person wants to see of the events, as typed and chosen; survives a reload. Empty texts want everything. */
const eventWish = z.object({
  prd: z.string().max(128),
  types: z.string().max(1_000),
  severity: severityFloor,
  run: z.string().max(128),
  text: z.string().max(1_000),
  /** Also what is told only once and stored nowhere. */
  transient: z.boolean(),
});
export type EventWish = z.infer<typeof eventWish>;

const everything: EventWish = { prd: '', types: '', severity: 'debug', run: '', text: '', transient: false };

/** Takes what was saved, if it is still of use. */
export function restoreWish(saved: unknown): EventWish {
  return eventWish.safeParse(saved).data ?? everything;
}

/** What of it the hub is asked for. The error says which pattern is none. */
export function hubFilter({ prd, types, severity: floor, run }: EventWish): Result<SubscriptionFilter, string> {
  const patterns = types.split(/[\s,]+/).filter(Boolean);
  const severities = severityFloor.options.slice(severityFloor.options.indexOf(floor));
  const filter = subscriptionFilter.safeParse({
    ...(prd.trim() !== '' && { prds: [prd.trim()] }),
    ...(patterns.length > 0 && { types: patterns }),
    ...(run !== '' && { runs: [run] }),
    ...(severities.length < severityFloor.options.length && { severities }),
  });
  if (filter.success) return ok(filter.data);
  const { path, message } = filter.error.issues[0] ?? { path: [], message: 'invalid' };
  const wrong = patterns[Number(path[1])];
  return err(wrong === undefined ? message : `“${wrong}” is no pattern: ${message}.`);
}

/** Whether an event is shown that the hub has sent: every word is somewhere in it, whatever its case. */
export function textFilter(text: string): (event: { readonly haystack: string }) => boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return (event) => words.every((word) => event.haystack.includes(word));
}
