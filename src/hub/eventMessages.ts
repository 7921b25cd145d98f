import type { FeedEntry } from './feed.js';
import type { Subscription } from './subscription.js';
import { TurnCache } from './turnCache.js';

/** Each event in a frame of its own, all in one, or without a frame. */
export type MessageForm = 'single' | 'batch' | 'bare';

/** An event as it is told, and the subscriptions that want it. */
type Told = readonly [takers: readonly string[], entry: FeedEntry];

const shared = new TurnCache<readonly Buffer[]>();
const nothing: readonly Buffer[] = [];

/**
 * The messages that tell a client of a turn's events, and its subscriptions moved on past them. Clients with the same
 * subscriptions get the same array, so that a transport can encode it once.
 */
export function messagesOfTurn(
  turn: readonly FeedEntry[],
  subscriptions: Iterable<Subscription>,
  form: MessageForm,
): readonly Buffer[] {
  const live = [...subscriptions].filter((subscription) => subscription.live);
  if (live.length === 0) return nothing;
  return shared.take(turn, live, form, () => messages(turn, live, form));
}

/** The messages that tell one subscription of events that it wants: its history. */
export function messagesOfHistory(
  entries: readonly FeedEntry[],
  subscription: Subscription,
  form: MessageForm,
): readonly Buffer[] {
  const takers = [subscription.id];
  const told = entries.flatMap((entry): Told[] => {
    const said = subscription.told(entry);
    return said ? [[takers, said]] : [];
  });
  return framed(told, form);
}

/** The message that tells a client of an event for it alone, which no subscription asked for. */
export function messageAlone(entry: FeedEntry, form: MessageForm): readonly Buffer[] {
  return framed([[[], entry]], form);
}

function messages(turn: readonly FeedEntry[], live: readonly Subscription[], form: MessageForm): readonly Buffer[] {
  const told: Told[] = [];
  for (const entry of turn) {
    const takers: string[] = [];
    for (const subscription of live) {
      if (!subscription.take(entry)) continue;
      const said = subscription.told(entry);
      if (said === entry) takers.push(subscription.id);
      else if (said) told.push([[subscription.id], said]);
    }
    if (takers.length > 0) told.push([takers, entry]);
  }
  return framed(told, form);
}

/** The bytes of an event are sent as they are, with what the protocol puts around them. */
function framed(told: readonly Told[], form: MessageForm): readonly Buffer[] {
  if (told.length === 0) return nothing;
  if (form === 'bare') return told.map(([, { json }]) => json);
  const heads = new Map<string, Buffer>();
  const head = (takers: readonly string[], op: string): Buffer => {
    const key = takers.join();
    let made = heads.get(key);
    if (!made) heads.set(key, (made = Buffer.from(`{${op}"s":${JSON.stringify(takers)},"event":`)));
    return made;
  };
  if (form === 'single')
    return told.map(([takers, { json }]) => Buffer.concat([head(takers, '"op":"event",'), json, end]));
  const parts = told.flatMap(([takers, { json }], index) => [index === 0 ? start : comma, head(takers, ''), json, end]);
  return [Buffer.concat([...parts, close])];
}

const end = Buffer.from('}');
const start = Buffer.from('{"op":"events","events":[');
const comma = Buffer.from(',');
const close = Buffer.from(']}');
