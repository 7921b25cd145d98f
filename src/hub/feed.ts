import type { Envelope } from '../events/envelope.js';
import type { EventHead } from '../log/storedEntry.js';
import type { Logger } from '../primitives/logger.js';

/** An event on its way to clients. `json` is the envelope as it is stored; a transient event has no `seq`. */
export interface FeedEntry {
  readonly seq: number | undefined;
  readonly event: Envelope;
  readonly json: Buffer;
  /** What filters ask for, where `event` costs more. */
  readonly head?: EventHead;
}

/** Somebody who is told what is published, one call for what becomes known in one turn. Must not wait. */
export interface FeedFollower {
  deliver(entries: readonly FeedEntry[]): void;
}

const defaultTailEvents = 1_000;
const tailBytes = 8 * 1024 * 1024;

/** What has been published: the last events in memory, and who follows. One synchronous step moves both. */
export class Feed {
  readonly #followers = new Set<FeedFollower>();
  readonly #tail: FeedEntry[] = [];
  #bytes = 0;
  #position: number;
  #stored = 0;

  /** `recovered` are the last events of the log, ending at `position`. */
  constructor(
    position: number,
    recovered: readonly FeedEntry[],
    private readonly logger: Logger,
    private readonly tailEvents = defaultTailEvents,
  ) {
    this.#position = position;
    this.#remember(recovered);
  }

  /** Seq of the last durable event that was published. */
  get position(): number {
    return this.#position;
  }

  /** Durable events that were published since the start. */
  get stored(): number {
    return this.#stored;
  }

  publish(entries: readonly FeedEntry[]): void {
    const before = this.#position;
    this.#remember(entries);
    this.#stored += this.#position - before;
    for (const follower of [...this.#followers]) {
      try {
        follower.deliver(entries);
      } catch (error) {
        this.logger.error(
          `A client's delivery failed: ${error instanceof Error ? (error.stack ?? '') : String(error)}`,
        );
      }
    }
  }

  follow(follower: FeedFollower): Disposable {
    this.#followers.add(follower);
    return {
      [Symbol.dispose]: () => {
        this.#followers.delete(follower);
      },
    };
  }

  /** Everything published from `seq` on; undefined when that is older than what memory holds. */
  from(seq: number): readonly FeedEntry[] | undefined {
    if (seq > this.#position) return [];
    const first = this.#tail[0]?.seq ?? Infinity;
    return seq < first ? undefined : this.#tail.slice(seq - first);
  }

  last(count: number): readonly FeedEntry[] {
    return this.#tail.slice(-count);
  }

  #remember(entries: readonly FeedEntry[]): void {
    for (const entry of entries) {
      if (entry.seq === undefined) continue;
      this.#tail.push(entry);
      this.#bytes += entry.json.length;
      this.#position = entry.seq;
    }
    let surplus = 0;
    while (this.#tail.length - surplus > this.tailEvents || this.#bytes > tailBytes) {
      this.#bytes -= this.#tail[surplus]?.json.length ?? 0;
      surplus += 1;
    }
    this.#tail.splice(0, surplus);
  }
}
