import { filterParameters, type SubscriptionFilter } from '../events/frames.js';

/** A subscription's filter as the query of `/stream/progress` and `/api/events`, with what else belongs there. */
export function filterQuery(filter: SubscriptionFilter, more: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams();
  for (const [field, name] of Object.entries(filterParameters)) {
    for (const value of filter[field as keyof SubscriptionFilter] ?? []) query.append(name, value);
  }
  for (const [name, value] of Object.entries(more)) if (value !== undefined) query.append(name, value);
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}
