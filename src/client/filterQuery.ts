import type { SubscriptionFilter } from '../events/frames.js';

/** A subscription's filter as the query of `/stream/progress` and `/api/events`, with what else belongs there. */
export function filterQuery(filter: SubscriptionFilter, more: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams();
  const lists = {
    type: filter.types,
    project: filter.projects,
    prd: filter.prds,
    run: filter.runs,
    story: filter.stories,
  };
  for (const [name, values] of Object.entries(lists)) for (const value of values ?? []) query.append(name, value);
  for (const [name, value] of Object.entries(more)) if (value !== undefined) query.append(name, value);
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}
