import type { SubscriptionFilter } from '../events/frames.js';
import { matches } from '../events/pattern.js';
import { severityOf } from '../events/severity.js';
import type { EventHead } from '../log/storedEntry.js';
import type { FeedEntry } from './feed.js';
import type { Rendering } from './renderings.js';

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
    private readonly rendering?: Rendering,
  ) {
    this.next = next;
    this.interest = JSON.stringify([id, filter, rendering?.names]);
  }

  get ended(): boolean {
    return this.#ended.signal.aborted;
  }

  end(): void {
    this.live = false;
    this.#ended.abort();
  }

  /** Called once when it has ended, unless the result is disposed before. */
  onEnd(listener: () => void): Disposable {
    const { signal } = this.#ended;
    signal.addEventListener('abort', listener, { once: true });
    return {
      [Symbol.dispose]: () => {
        signal.removeEventListener('abort', listener);
      },
    };
  }

  /** Whether to send the entry; moves on past it. Entries come in order, transient ones only while it is live. */
  take(entry: FeedEntry): boolean {
    if (entry.seq !== undefined) {
      if (entry.seq < this.next) return false;
      this.next = entry.seq + 1;
    } else if (!this.live) return false;
    return this.wants(entry);
  }

  /** Whether the entry fits the filter, and has a name among those that the client knows. */
  wants(entry: FeedEntry): boolean {
    return matchesFilter(this.filter, entry, this.#types) && this.told(entry) !== undefined;
  }

  /** The entry as it is sent: in the names that the client asked for. Undefined when they have none for it. */
  told(entry: FeedEntry): FeedEntry | undefined {
    return this.rendering ? this.rendering.of(entry) : entry;
  }
}

const maxCachedTypes = 1_000;

/** Whether an event is wanted. `types` remembers the answer per type for one filter. */
export function matchesFilter(filter: SubscriptionFilter, entry: FeedEntry, types: Map<string, boolean>): boolean {
  const event = entry.head ?? entry.event;
  if (filter.types) {
    const { type } = event;
    let wanted = types.get(type);
    if (wanted === undefined) {
      wanted = filter.types.some((pattern) => matches(pattern, type));
      if (types.size >= maxCachedTypes) types.clear();
      types.set(type, wanted);
    }
    if (!wanted) return false;
  }
  return (
    isOneOf(filter.projects, event, 'project') &&
    isOneOf(filter.prds, event, 'prd_id') &&
    isOneOf(filter.runs, event, 'run_id') &&
    isOneOf(filter.stories, event, 'story_id') &&
    (filter.severities === undefined || filter.severities.includes(severityOf(entry)))
  );
}

/** Asks for the field only when it matters: a stored event is parsed for it. */
function isOneOf(
  names: readonly string[] | undefined,
  event: EventHead,
  field: Exclude<keyof EventHead, 'type'>,
): boolean {
  if (names === undefined) return true;
  const name = event[field];
  return name !== undefined && names.includes(name);
}
