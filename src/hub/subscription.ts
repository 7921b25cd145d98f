import type { Envelope } from '../events/envelope.js';
import type { SubscriptionFilter } from '../events/frames.js';
import { matches } from '../events/pattern.js';
import type { FeedEntry } from './feed.js';

/** One wish of one client, and how far it was served. Knows nothing of sockets. */
export class Subscription {
  /** Whether published events reach it; before, its history does. */
  live = false;
  /** The seq that comes next. What is below was sent, or is not wanted: this alone rules out gaps and duplicates. */
  next: number;
  /** Subscriptions with the same one are told the same events in the same way. */
  readonly interest: string;
  readonly #ended = new AbortController();
  readonly #types = new Map<string, boolean>();

  constructor(
    readonly id: string,
    private readonly filter: SubscriptionFilter,
    next: number,
  ) {
    this.next = next;
    this.interest = JSON.stringify([id, filter]);
  }

  get ended(): boolean {
    return this.#ended.signal.aborted;
  }

  end(): void {
    this.live = false;
    this.#ended.abort();
  }

  /** Whether to send the entry; moves on past it. Entries come in order, transient ones only while it is live. */
  take(entry: FeedEntry): boolean {
    if (entry.seq !== undefined) {
      if (entry.seq < this.next) return false;
      this.next = entry.seq + 1;
    } else if (!this.live) return false;
    return matchesFilter(this.filter, entry.event, this.#types);
  }
}

const maxCachedTypes = 1_000;

/** Whether an event is wanted. `types` remembers the answer per type for one filter. */
export function matchesFilter(filter: SubscriptionFilter, event: Envelope, types: Map<string, boolean>): boolean {
  if (filter.types) {
    let wanted = types.get(event.type);
    if (wanted === undefined) {
      wanted = filter.types.some((pattern) => matches(pattern, event.type));
      if (types.size >= maxCachedTypes) types.clear();
      types.set(event.type, wanted);
    }
    if (!wanted) return false;
  }
  return (
    isOneOf(filter.projects, event.project) &&
    isOneOf(filter.prds, event.prd_id) &&
    isOneOf(filter.runs, event.run_id) &&
    isOneOf(filter.stories, event.story_id)
  );
}

function isOneOf(names: readonly string[] | undefined, name: string | undefined): boolean {
  return names === undefined || (name !== undefined && names.includes(name));
}
