import type { SubscriptionFilter } from '../events/frames.js';
import type { FeedEntry } from './feed.js';
import type { HubCore } from './hubCore.js';
import { resumePoint, type ResetReason } from './replay.js';
import { matchesFilter } from './subscription.js';

export interface Page {
  readonly entries: readonly FeedEntry[];
  /** Where the next page begins: give it as `since`. */
  readonly cursor: string;
  readonly more: boolean;
}

/** Events that one page may look at before it says how far it came. */
const maxExamined = 50_000;

/**
 * A page of history, oldest first, from the log's beginning when there is no `since`. It ends before an event that cannot
 * be read any more; the page that would begin there is refused.
 */
export async function readPage(
  { log, feed, logger }: Pick<HubCore, 'log' | 'feed' | 'logger'>,
  filter: SubscriptionFilter,
  range: { readonly since: string | undefined; readonly until: number | undefined; readonly limit: number },
): Promise<Page | ResetReason> {
  const from = range.since === undefined ? await log.firstSeq() : await resumePoint(log, feed, range.since);
  if (typeof from === 'string') return from;
  const to = Math.min(range.until ?? Infinity, feed.position);
  const types = new Map<string, boolean>();
  const found: FeedEntry[] = [];
  let next = from;
  try {
    for await (const batch of log.read(from, to)) {
      for (const entry of batch) {
        if (found.length >= range.limit || next - from >= maxExamined) return page(true);
        next = entry.seq + 1;
        if (matchesFilter(filter, entry.head, types)) found.push(entry);
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
