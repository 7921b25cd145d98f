import * as z from 'zod';
import { filterQuery } from '../src/client/filterQuery.js';
import { checkedEvent } from '../src/client/serverFrame.js';
import type { Envelope } from '../src/events/envelope.js';
import type { SubscriptionFilter } from '../src/events/frames.js';
import type { HubAccess } from './hubAccess.js';

const pageEvents = 200;
const page = z.object({ events: z.array(z.custom<Envelope>()), cursor: z.string(), more: z.boolean() });

/** What happened up to a cursor, in pages that go back in time. */
export class EventHistory {
  #after: string | undefined;
  #more = true;

  constructor(
    private readonly access: HubAccess,
    private readonly filter: SubscriptionFilter,
    private readonly until: string,
  ) {}

  /** Whether there may be something older. */
  get more(): boolean {
    return this.#more;
  }

  /** The next page, newest first. Rejects when the hub cannot be reached; then it may be asked again. */
  async older(): Promise<readonly Envelope[]> {
    const query = { order: 'desc', limit: String(pageEvents), until: this.until, after: this.#after };
    const answer = await this.access.get(`/api/events${filterQuery(this.filter, query)}`);
    if (!answer.ok) {
      // What is not kept any more, or not for this session.
      this.#more = false;
      return [];
    }
    const { events, cursor, more } = page.parse(await answer.json());
    this.#after = cursor;
    this.#more = more;
    return events.flatMap((event) => checkedEvent(event) ?? []);
  }
}
