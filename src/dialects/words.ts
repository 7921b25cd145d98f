import type { EventType } from '../events/catalogue.js';
import { isKnown, type Envelope, type KnownEvent } from '../events/envelope.js';

/** An event as another system's clients know it: its name there, and what is sent. */
export interface Rendered {
  readonly type: string;
  readonly body: object;
}

/** Name and data of an event in another system. Undefined: it has no such event. */
export type Said = readonly [type: string, data: object] | undefined;

/** What a dialect says of our events; of those that are not here it says nothing. */
export type Words<Facts> = {
  readonly [T in EventType]?: (event: Extract<KnownEvent, { readonly type: T }>, facts: Facts) => Said;
};

export function say<Facts>(words: Words<Facts>, event: Envelope, facts: Facts): Said {
  if (!isKnown(event)) return undefined;
  const word = words[event.type] as ((event: KnownEvent, facts: Facts) => Said) | undefined;
  return word?.(event, facts);
}
