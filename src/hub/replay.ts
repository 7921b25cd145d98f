import { parseCursor } from '../events/cursor.js';
import type { EventLog } from '../log/eventLog.js';
import type { Feed, FeedEntry } from './feed.js';
import type { Subscription } from './subscription.js';

/** Why a cursor cannot be resumed from: its events are gone, its log is another one, or it names the future. */
export type ResetReason = 'expired' | 'unknown_log' | 'ahead';

/** The seq that follows `since`, if everything after it can be had. */
export async function resumePoint(log: EventLog, feed: Feed, since: string): Promise<number | ResetReason> {
  const cursor = parseCursor(since);
  if (cursor?.logId !== log.logId) return 'unknown_log';
  if (cursor.seq > feed.position) return 'ahead';
  return cursor.seq + 1 < (await log.firstSeq()) ? 'expired' : cursor.seq + 1;
}

/**
 * Sends a subscription everything from its `next` on and makes it live, without a gap or a duplicate between. History
 * is read as fast as the client takes it, so nothing queues up meanwhile; the last step, from memory, is synchronous
 * with becoming live. `send` is awaited before more is read. Throws when the log cannot be read.
 */
export async function catchUp(
  log: EventLog,
  feed: Feed,
  subscription: Subscription,
  send: (entries: readonly FeedEntry[]) => Promise<void> | void,
): Promise<void> {
  while (!isOver(subscription) && log.isCurrent()) {
    const rest = feed.from(subscription.next);
    if (rest) {
      const wanted = rest.filter((entry) => subscription.take(entry));
      subscription.live = true;
      if (wanted.length > 0) await send(wanted);
      return;
    }
    for await (const entries of log.read(subscription.next, feed.position)) {
      if (isOver(subscription) || !log.isCurrent()) return;
      const wanted = entries.filter((entry) => subscription.take(entry));
      if (wanted.length > 0) await send(wanted);
    }
  }
}

/** A function, because a subscription can end during any wait. */
function isOver(subscription: Subscription): boolean {
  return subscription.ended;
}
