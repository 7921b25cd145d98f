import { checkedEvent } from '../src/client/serverFrame.js';
import type { Envelope } from '../src/events/envelope.js';
import type { HubSnapshot } from '../src/state/snapshot.js';
import type { HostFrame } from './host.js';
import type { HubFrame } from '../src/events/frames.js';

type Reset = Extract<HubFrame, { op: 'reset' }>;

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

  /** `upTo`: everything that is wanted up to there is among them, or was told before. */
  take(events: readonly Envelope[], upTo?: string): void {
    const taken = checked(events);
    for (const event of taken) if ('cursor' in event) this.#cursor = String(event.cursor);
    if (upTo !== undefined) this.#cursor = upTo;
    if (taken.length > 0) this.tell({ op: 'events', events: taken.map((event) => ({ s: [], event })) });
  }

  /** Events since the cursor cannot be had: goes on from the state. */
  restart({ state, cursor, reason }: Omit<Start, 'events'> & Pick<Reset, 'reason'>): void {
    this.#cursor = cursor;
    this.tell({ op: 'reset', reason, cursor, state });
  }

  lost(message?: string): void {
    this.tell({ op: 'disconnected', ...(message !== undefined && { message }) });
  }
}

const checked = (events: readonly Envelope[]): Envelope[] => events.flatMap((event) => checkedEvent(event) ?? []);
