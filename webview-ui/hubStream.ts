import { checkedEvent } from '../src/client/serverFrame.js';
import type { Envelope } from '../src/events/envelope.js';
import type { HubSnapshot } from '../src/state/snapshot.js';
import type { HostFrame } from './host.js';

interface Start {
  readonly state: HubSnapshot;
  readonly cursor: string;
  readonly events: readonly Envelope[];
}

/** What the page has of the hub's log. Whatever way events come, each is told once: the next way goes on from the cursor. */
export class HubStream {
  #cursor: string | undefined;

  constructor(private readonly tell: (frame: HostFrame) => void) {}

  /** The last event that was told; undefined before the first connection. */
  get cursor(): string | undefined {
    return this.#cursor;
  }

  /** A connection is there that goes on from the cursor. */
  resumed(): void {
    this.tell({ op: 'resumed' });
  }

  /** The first connection is there. */
  begin({ state, cursor, events }: Start): void {
    this.#cursor = cursor;
    this.tell({ op: 'init', state, cursor, events: checked(events) });
  }

  take(events: readonly Envelope[]): void {
    const taken = checked(events);
    for (const event of taken) if ('cursor' in event) this.#cursor = String(event.cursor);
    if (taken.length > 0) this.tell({ op: 'events', events: taken.map((event) => ({ s: [], event })) });
  }

  /** Events since the cursor cannot be had: goes on from the state. */
  restart({ state, cursor }: Omit<Start, 'events'>): void {
    this.#cursor = cursor;
    this.tell({ op: 'init', state, cursor, events: [] });
  }

  lost(message?: string): void {
    this.tell({ op: 'disconnected', ...(message !== undefined && { message }) });
  }
}

const checked = (events: readonly Envelope[]): Envelope[] => events.flatMap((event) => checkedEvent(event) ?? []);
