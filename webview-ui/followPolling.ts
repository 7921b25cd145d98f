import * as z from 'zod';
import { filterQuery } from '../src/client/filterQuery.js';
import { formatCursor, parseCursor } from '../src/events/cursor.js';
import type { Envelope } from '../src/events/envelope.js';
import { resetReason } from '../src/events/frames.js';
import type { HubSnapshot } from '../src/state/snapshot.js';
import type { Following } from './browserConnection.js';
import { isSessionOver, type HubAccess } from './hubAccess.js';

const askAgainMs = 1_000;
const recentEvents = 50;

const stateAnswer = z.object({ cursor: z.string(), state: z.custom<HubSnapshot>() });
const eventsAnswer = z.object({ events: z.array(z.custom<Envelope>()), cursor: z.string(), more: z.boolean() });
const lostAnswer = z.object({ details: z.object({ reason: resetReason }) });

/** Why polling ended: its time is over, the hub does not answer, or it does not know the session. */
export type PollingEnd = 'over' | 'lost' | 'refused';

/** Asks the hub for what is new, again and again, where WebSockets do not get through. Transient events are not had so. */
export async function followPolling(following: Following, forMs: number, opened: () => void): Promise<PollingEnd> {
  const end = performance.now() + forMs;
  let isFirst = true;
  do {
    try {
      const refused = await poll(following, isFirst);
      if (refused) return 'refused';
    } catch {
      return 'lost';
    }
    if (isFirst) opened();
    isFirst = false;
    await new Promise((resolve) => setTimeout(resolve, askAgainMs));
  } while (performance.now() < end && !following.signal.aborted);
  return 'over';
}

/** Tells everything since the cursor. Answers whether the hub refused; throws when it cannot be reached. */
async function poll({ access, stream, filter, signal }: Following, isFirst: boolean): Promise<boolean> {
  let saysResumed = isFirst && stream.cursor !== undefined;
  if (stream.cursor === undefined) {
    const answer = await access.get('/api/state');
    if (isSessionOver(answer)) return true;
    const { cursor, state } = stateAnswer.parse(await answer.json());
    stream.begin({ state, cursor, events: await recent(access, cursor) });
  }
  for (let more = true; more && !signal.aborted;) {
    const answer = await access.get(`/api/events${filterQuery(filter, { since: stream.cursor ?? '', limit: '1000' })}`);
    if (isSessionOver(answer)) return true;
    if (saysResumed) stream.resumed();
    saysResumed = false;
    if (answer.status === 410) {
      const { reason } = lostAnswer.parse(await answer.json()).details;
      stream.restart({ reason, ...stateAnswer.parse(await (await access.get('/api/state')).json()) });
      return false;
    }
    const page = eventsAnswer.parse(await answer.json());
    stream.take(page.events, page.cursor);
    more = page.more;
  }
  return false;
}

/** The last events up to `cursor`; none when they are gone. */
async function recent(access: HubAccess, cursor: string): Promise<readonly Envelope[]> {
  const end = parseCursor(cursor);
  if (!end) return [];
  const since = formatCursor({ ...end, seq: Math.max(0, end.seq - recentEvents) });
  const answer = await access.get(`/api/events?since=${since}&until=${cursor}&limit=${recentEvents}`);
  return answer.ok ? eventsAnswer.parse(await answer.json()).events : [];
}
