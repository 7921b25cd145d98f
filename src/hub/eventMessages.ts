import type { FeedEntry } from './feed.js';
import type { Subscription } from './subscription.js';
import { TurnCache } from './turnCache.js';

const shared = new TurnCache<readonly Buffer[]>();
const nothing: readonly Buffer[] = [];

/**
 * The messages that tell a client of a turn's events, and its subscriptions moved on past them. Clients with the same
 * subscriptions get the same array, so that a transport can encode it once.
 */
export function messagesOfTurn(
  turn: readonly FeedEntry[],
  subscriptions: Iterable<Subscription>,
  batch: boolean,
): readonly Buffer[] {
  const live = [...subscriptions].filter((subscription) => subscription.live);
  if (live.length === 0) return nothing;
  return shared.take(turn, live, batch ? 'batch' : 'single', () => messages(turn, live, batch));
}

/** The messages that tell one subscription of events that it wants: its history. */
export function messagesOfHistory(
  entries: readonly FeedEntry[],
  subscription: string,
  batch: boolean,
): readonly Buffer[] {
  return framed(
    entries.map((entry) => [[subscription], entry] as const),
    batch,
  );
}

function messages(turn: readonly FeedEntry[], live: readonly Subscription[], batch: boolean): readonly Buffer[] {
  const told: (readonly [readonly string[], FeedEntry])[] = [];
  for (const entry of turn) {
    const takers = live.filter((subscription) => subscription.take(entry)).map(({ id }) => id);
    if (takers.length > 0) told.push([takers, entry]);
  }
  return framed(told, batch);
}

/** The stored bytes are sent as they are, with what the protocol puts around them. */
function framed(told: readonly (readonly [readonly string[], FeedEntry])[], batch: boolean): readonly Buffer[] {
  if (told.length === 0) return nothing;
  const heads = new Map<string, Buffer>();
  const head = (takers: readonly string[], op: string): Buffer => {
    const key = takers.join();
    let made = heads.get(key);
    if (!made) heads.set(key, (made = Buffer.from(`{${op}"s":${JSON.stringify(takers)},"event":`)));
    return made;
  };
  if (!batch) return told.map(([takers, { json }]) => Buffer.concat([head(takers, '"op":"event",'), json, end]));
  const parts = told.flatMap(([takers, { json }], index) => [index === 0 ? start : comma, head(takers, ''), json, end]);
  return [Buffer.concat([...parts, close])];
}

const end = Buffer.from('}');
const start = Buffer.from('{"op":"events","events":[');
const comma = Buffer.from(',');
const close = Buffer.from(']}');
