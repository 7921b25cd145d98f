import type { EventData, EventType } from '../events/catalogue.js';
import type { Envelope } from '../events/envelope.js';
import type { Clock } from '../primitives/clock.js';
import type { Result } from '../primitives/result.js';
import type { AppendFailure } from '../records/appender.js';
import type { RunPaths } from '../session/paths.js';

export interface JournalIdentity {
  readonly runId: string;
  readonly prdId: string;
  readonly project: string;
  readonly term: number;
  /** `source_seq` of the last event of the older terms; 0 for a fresh run. */
  readonly lastSeq: number;
}

/** A run's own record, one file a term. What `append` has answered is on disk and was written under the highest term. */
export class JournalWriter implements AsyncDisposable {
  static async create(
    paths: RunPaths,
    identity: JournalIdentity,
    stillOwner: () => boolean,
    clock: Clock,
  ): Promise<JournalWriter> {
    await Promise.resolve();
    throw new Error(`stub ${paths.dir} ${identity.runId} ${String(stillOwner)} ${String(clock)}`);
  }

  /** Told of every event once it is durable (and of every transient one at once), in order. */
  readonly onEvent: Set<(event: Envelope) => void> = new Set();

  append<T extends EventType>(
    type: T,
    data: EventData<T>,
    about?: { readonly storyId?: string; readonly severity?: Envelope['severity'] },
  ): Promise<Result<Envelope, AppendFailure>> {
    throw new Error(`stub ${type} ${String(data)} ${String(about)}`);
  }

  /** A transient event: into the live file, without fsync, coalesced; lost when nobody listens. */
  tell<T extends EventType>(type: T, data: EventData<T>, about?: { readonly storyId?: string }): void {
    throw new Error(`stub ${type} ${String(data)} ${String(about)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.resolve();
  }
}
