import { describe } from '../events/envelope.js';
import {
  delivery,
  filterParameters,
  subscriptionFilter,
  type Delivery,
  type ErrorCode,
  type SubscriptionFilter,
} from '../events/frames.js';
import { err, ok, type Result } from '../primitives/result.js';
import type { HttpFault } from './responses.js';

/** What a client wants of the stream, and how. */
export interface StreamWish {
  readonly filter: SubscriptionFilter;
  readonly delivery: Delivery;
}

/** `?type=story.*&prd=a,b&names=sse&max_rate=10`: filters may be repeated or separated by commas. */
export function parseStreamQuery(query: URLSearchParams): Result<StreamWish, HttpFault> {
  const filter = parseFilter(query);
  if (!filter.ok) return filter;
  const rate = query.get('max_rate');
  const wish = delivery.safeParse({
    names: query.get('names') ?? undefined,
    max_rate: rate === null ? undefined : /^\d+$/.test(rate) ? Number(rate) : rate,
  });
  if (!wish.success) return refuse('INVALID_FRAME', describe(wish.error, []));
  return ok({ filter: filter.value, delivery: wish.data });
}

export function parseFilter(query: URLSearchParams): Result<SubscriptionFilter, HttpFault> {
  const lists = Object.entries(filterParameters).flatMap(([field, name]) => {
    const values = query.getAll(name).flatMap((value) => value.split(','));
    return values.length === 0 ? [] : [[field, values] as const];
  });
  const filter = subscriptionFilter.safeParse(Object.fromEntries(lists));
  if (filter.success) return ok(filter.data);
  const field = filter.error.issues[0]?.path[0];
  return refuse(field === 'types' ? 'INVALID_PATTERN' : 'INVALID_FRAME', describe(filter.error, []));
}

function refuse(code: ErrorCode, message: string): Result<never, HttpFault> {
  return err({ status: 400, code, message });
}
