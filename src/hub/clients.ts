import type { Envelope, PublishedEvent } from '../events/envelope.js';
import { newEventId } from '../events/ids.js';
import { completePublished } from '../events/published.js';
import type { ErrorCode } from '../events/frames.js';
import type { Clock } from '../primitives/clock.js';
import { err, ok, type Result } from '../primitives/result.js';
import type { FeedEntry } from './feed.js';

/** A client that can be told something alone. */
export interface Addressee {
  tell(entry: FeedEntry): void;
}

export interface SendRefusal {
  readonly status: 400 | 404;
  readonly code: Extract<ErrorCode, 'INVALID_EVENT' | 'UNKNOWN_CLIENT'>;
  readonly message: string;
}

/** Who is connected, by client id. */
export class Clients {
  readonly #clients = new Map<string, Addressee>();

  constructor(private readonly clock: Clock) {}

  add(id: string, client: Addressee): Disposable {
    this.#clients.set(id, client);
    return {
      [Symbol.dispose]: () => {
        if (this.#clients.get(id) === client) this.#clients.delete(id);
      },
    };
  }

  /** Tells one client an event: at once, without a cursor, and stored nowhere. */
  send(publisher: string, clientId: string, event: PublishedEvent): Result<void, SendRefusal> {
    const complete = completePublished(event);
    if (!complete.ok) return err({ status: 400, code: 'INVALID_EVENT', message: complete.error });
    const client = this.#clients.get(clientId);
    if (!client) {
      return err({ status: 404, code: 'UNKNOWN_CLIENT', message: `No client "${clientId}" is connected` });
    }
    const now = this.clock.now();
    const { id = newEventId(now), timestamp = new Date(now).toISOString(), ...rest } = complete.value;
    const told: Envelope = { ...rest, id, timestamp, source: publisher, term: 0, source_seq: 0 };
    client.tell({ seq: undefined, event: told, json: Buffer.from(JSON.stringify(told)) });
    return ok(undefined);
  }
}
