import { cursorBefore, cursorText } from '../events/cursor.js';
import type { Envelope } from '../events/envelope.js';
import type { Discovery } from '../session/discovery.js';
import { askHub } from './hubHttp.js';
import { checkedEvent } from './serverFrame.js';

/** A page of history, as `GET /api/events` answers it. */
export interface HistoryPage {
  readonly events: readonly Envelope[];
  /** Where the next page begins. */
  readonly cursor: string;
  readonly more: boolean;
}

/** Undefined for what is no page. Events that this version cannot read are left out. */
export function checkedPage(value: unknown): HistoryPage | undefined {
  const { events, cursor, more } = value as { events?: Envelope[]; cursor?: unknown; more?: unknown };
  const place = cursorText.safeParse(cursor);
  if (!Array.isArray(events) || !place.success) return undefined;
  return { events: events.flatMap((event) => checkedEvent(event) ?? []), cursor: place.data, more: more === true };
}

/** The cursor before everything that the hub still has. Undefined when it does not answer. */
export async function firstCursor(hub: Discovery, withinMs: number): Promise<string | undefined> {
  const answer = await askHub(hub, '/api/events?limit=1', { withinMs });
  const page = answer.ok ? checkedPage(answer.value) : undefined;
  const first = page?.events[0];
  return first && 'cursor' in first ? cursorBefore(String(first.cursor)) : page?.cursor;
}
