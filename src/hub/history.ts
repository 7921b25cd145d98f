import * as z from 'zod';
import { parseCursor } from '../events/cursor.js';
import type { SubscriptionFilter } from '../events/frames.js';
import { err, ok, type Result } from '../primitives/result.js';
import type { FeedEntry } from './feed.js';
import type { HubCore } from './hubCore.js';
import { resumePoint, type ResetReason } from './replay.js';
import type { HttpFault } from './responses.js';
import { parseFilter } from './streamQuery.js';
import { matchesFilter } from './subscription.js';

export interface Page {
  readonly entries: readonly FeedEntry[];
  /** Where the next page begins: give it as `after`, or as `since`. */
  readonly cursor: string;
  readonly more: boolean;
}

/** What a page is to hold. Times are those that the events carry, in milliseconds; both ends belong to it. */
export interface PageWish {
  readonly filter: SubscriptionFilter;
  /** The cursor after which it begins; the log's beginning when there is none. */
  readonly after: string | undefined;
  /** Seq of the last event that may be in it. */
  readonly to: number;
  readonly earliest: number;
  readonly latest: number;
  readonly limit: number;
}

/** Events that one page may look at before it says how far it came. */
const maxExamined = 50_000;
const isoTime = z.iso.datetime({ offset: true });

/** `since` and `until` are cursors or times; `after` is where the page before ended. */
export function parsePageQuery(query: URLSearchParams, logId: string): Result<PageWish, HttpFault | 'unknown_log'> {
  const filter = parseFilter(query);
  if (!filter.ok) return filter;
  const limit = z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000)
    .safeParse(query.get('limit') ?? 100);
  if (!limit.success) return err({ status: 400, code: 'INVALID_FRAME', message: 'limit: between 1 and 1000' });
  const [since, until] = [query.get('since') ?? undefined, query.get('until') ?? undefined];
  const [earliest, latest] = [timeOf(since), timeOf(until)];
  const last = until === undefined || latest !== undefined ? undefined : parseCursor(until);
  if (until !== undefined && latest === undefined && last?.logId !== logId) return err('unknown_log');
  return ok({
    filter: filter.value,
    after: query.get('after') ?? (earliest === undefined ? since : undefined),
    to: last?.seq ?? Infinity,
    earliest: earliest ?? -Infinity,
    latest: latest ?? Infinity,
    limit: limit.data,
  });
}

/** Undefined when it is no time. */
function timeOf(text: string | undefined): number | undefined {
  return isoTime.safeParse(text).success ? Date.parse(text ?? '') : undefined;
}

/**
 * A page of history, in the order of the log, oldest first. It ends before an event that cannot be read any more; the page
 * that would begin there is refused.
 */
export async function readPage(
  { log, feed, logger }: Pick<HubCore, 'log' | 'feed' | 'logger'>,
  wish: PageWish,
): Promise<Page | ResetReason> {
  const { filter, after, limit } = wish;
  const from = after === undefined ? await log.firstSeq() : await resumePoint(log, feed, after);
  if (typeof from === 'string') return from;
  const to = Math.min(wish.to, feed.position);
  const types = new Map<string, boolean>();
  const found: FeedEntry[] = [];
  let next = from;
  try {
    for await (const batch of log.read(from, to)) {
      for (const entry of batch) {
        if (found.length >= limit || next - from >= maxExamined) return page(true);
        next = entry.seq + 1;
        if (matchesFilter(filter, entry, types) && isWithin(entry, wish)) found.push(entry);
      }
    }
  } catch (error) {
    logger.error(`The log cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return next === from ? 'expired' : page(true);
  }
  return page(false);

  function page(more: boolean): Page {
    return { entries: found, cursor: log.cursor(next - 1), more };
  }
}

function isWithin(entry: FeedEntry, { earliest, latest }: PageWish): boolean {
  if (earliest === -Infinity && latest === Infinity) return true;
  const time = Date.parse(entry.event.timestamp);
  return earliest <= time && time <= latest;
}
