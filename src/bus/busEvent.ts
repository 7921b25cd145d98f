import type { EventType } from '../events/catalogue.js';
import type { Envelope, KnownEvent } from '../events/envelope.js';

/** An event as it travels in this process: with its cursor, unless it is transient. */
export type BusEvent = Envelope & { readonly cursor?: string };

/** What a handler of `pattern` is given: an exact type of the catalogue is typed, a wildcard sees any envelope. */
export type EventOf<Pattern extends string> = Pattern extends EventType
  ? Extract<KnownEvent, { readonly type: Pattern }> & { readonly cursor?: string }
  : BusEvent;
