import { parseCursor } from '../events/cursor.js';
import type { EventLog } from '../log/eventLog.js';
import type { FeedEntry } from './feed.js';
import type { HubCore } from './hubCore.js';
import type { PageWish } from './pageQuery.js';
import { resumePoint, type ResetReason } from './replay.js';
import { Subscription } from './subscription.js';

export interface Page {
  readonly entries: readonly FeedEntry[];
  /** Where the next page begins: give it as `after`. */
  readonly cursor: string;
  readonly more: boolean;
}

/** Events that one page may look at before it says how far it came. */
const maxExamined = 50_000;
/** Events that are read at once where they are wanted backwards. */
const windowEvents = 500;

/**
 * A page of history, in the order of the log or backwards. It ends before an event that cannot be read any more; the page
 * that would begin there is refused.
 */
export async function readPage(
  core: Pick<HubCore, 'log' | 'feed' | 'logger' | 'renderings'>,
  wish: PageWish,
): Promise<Page | ResetReason> {
  const { log, logger, renderings } = core;
  const { filter, delivery, order, limit } = wish;
  const span = await spanOf(core, wish);
  if (typeof span === 'string') return span;
  const wanted = new Subscription('page', filter, 0, delivery.names && renderings.in(delivery.names));
  const entries: FeedEntry[] = [];
  const { from, to } = span;
  // The cursor names the last event that was looked at, in either order.
  const before = order === 'asc' ? from - 1 : to + 1;
  let last = before;
  try {
    for await (const batch of order === 'asc' ? log.read(from, to) : readBackwards(log, span)) {
      for (const entry of batch) {
        if (entries.length >= limit || Math.abs(last - before) >= maxExamined) return page(true);
        last = entry.seq;
        const told = wanted.wants(entry) && isWithin(entry, wish) ? wanted.told(entry) : undefined;
        if (told) entries.push(told);
      }
    }
  } catch (error) {
    logger.error(`The log cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return last === before ? 'expired' : page(true);
  }
  return page(false);

  function page(more: boolean): Page {
    return { entries, cursor: log.cursor(last), more };
  }
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** The first and the last event that may be in the page. */
async function spanOf(
  { log, feed }: Pick<HubCore, 'log' | 'feed'>,
  { order, since, after, to: until }: PageWish,
): Promise<Span | ResetReason> {
  const to = Math.min(until, feed.position);
  const start = order === 'asc' ? (after ?? since) : since;
  const from = start === undefined ? await log.firstSeq() : await resumePoint(log, feed, start);
  if (typeof from === 'string') return from;
  if (order === 'asc' || after === undefined) return { from, to };
  const seen = parseCursor(after);
  if (seen?.logId !== log.logId) return 'unknown_log';
  return seen.seq > feed.position + 1 ? 'ahead' : { from, to: Math.min(to, seen.seq - 1) };
}

/** As {@link EventLog.read}, the last event first. Before what cannot be read it still gives what comes after that. */
async function* readBackwards(
  log: EventLog,
  { from, to }: Span,
): AsyncGenerator<readonly (FeedEntry & { seq: number })[]> {
  let size = windowEvents;
  for (let end = to; end >= from;) {
    const first = Math.max(from, end - size + 1);
    const entries = [];
    try {
      for await (const batch of log.read(first, end)) entries.push(...batch);
    } catch (error) {
      if (first === end) throw error;
      size = Math.floor((end - first + 1) / 2);
      continue;
    }
    yield entries.reverse();
    end = first - 1;
  }
}

function isWithin(entry: FeedEntry, { earliest, latest }: PageWish): boolean {
  if (earliest === -Infinity && latest === Infinity) return true;
  const time = Date.parse(entry.event.timestamp);
  return earliest <= time && time <= latest;
}
