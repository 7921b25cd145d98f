import { parseEnvelope, parseStoredEvent, type Envelope } from '../events/envelope.js';
import { hubFrame, type HubFrame } from '../events/frames.js';
import type { HubSnapshot } from '../state/snapshot.js';

export type ServerFrame = HubFrame<HubSnapshot>;

/**
 * A frame of the hub, with all that this version relies on; undefined for what it does not know. The hub proved itself by
 * the token's file, but it may be of another version.
 */
export function parseServerFrame(message: string): ServerFrame | undefined {
  try {
    return hubFrame.safeParse(JSON.parse(message)).data as ServerFrame | undefined;
  } catch {
    return undefined;
  }
}

/** An event as it is handed to listeners: checked, since views fold it. Undefined when it fits no envelope. */
export function checkedEvent(value: Envelope): Envelope | undefined {
  const event = 'cursor' in value ? parseStoredEvent(value) : parseEnvelope(value);
  return event.ok ? event.value : undefined;
}

/** The same, from its JSON text. */
export function parsedEvent(json: string): Envelope | undefined {
  try {
    return checkedEvent(JSON.parse(json) as Envelope);
  } catch {
    return undefined;
  }
}
