import * as z from 'zod';
import { parseCursor } from '../events/cursor.js';
import { describe } from '../events/envelope.js';
import { err, ok, type Result } from '../primitives/result.js';
import type { HttpFault } from './responses.js';
import { parseStreamQuery, type StreamWish } from './streamQuery.js';

/** What a page of history is to hold. Times are those that the events carry, in milliseconds; both ends belong to it. */
export interface PageWish extends StreamWish {
  /** `asc`: the order of the log; `desc`: the same backwards. */
  readonly order: 'asc' | 'desc';
  /** The cursor after which events are wanted; from the log's beginning when there is none. */
  readonly since: string | undefined;
  /** The cursor of the page before. */
  readonly after: string | undefined;
  /** Seq of the last event that may be in it. */
  readonly to: number;
  readonly earliest: number;
  readonly latest: number;
  readonly limit: number;
}

const range = 'between 1 and 1000';
const shape = z.object({
  order: z.enum(['asc', 'desc']).default('asc'),
  limit: z.coerce.number(range).int(range).min(1, range).max(1_000, range).default(100),
});
const isoTime = z.iso.datetime({ offset: true });

/** `since` and `until` are cursors or times; `after` is where the page before ended. */
export function parsePageQuery(query: URLSearchParams, logId: string): Result<PageWish, HttpFault | 'unknown_log'> {
  const stream = parseStreamQuery(query);
  if (!stream.ok) return stream;
  const said = shape.safeParse({ order: query.get('order') ?? undefined, limit: query.get('limit') ?? undefined });
  if (!said.success) return err({ status: 400, code: 'INVALID_FRAME', message: describe(said.error, []) });
  const [since, until] = [query.get('since') ?? undefined, query.get('until') ?? undefined];
  const [earliest, latest] = [timeOf(since), timeOf(until)];
  const last = until === undefined || latest !== undefined ? undefined : parseCursor(until);
  if (until !== undefined && latest === undefined && last?.logId !== logId) return err('unknown_log');
  return ok({
    ...stream.value,
    ...said.data,
    since: earliest === undefined ? since : undefined,
    after: query.get('after') ?? undefined,
    to: last?.seq ?? Infinity,
    earliest: earliest ?? -Infinity,
    latest: latest ?? Infinity,
  });
}

/** Undefined when it is no time. */
function timeOf(text: string | undefined): number | undefined {
  return isoTime.safeParse(text).success ? Date.parse(text ?? '') : undefined;
}
