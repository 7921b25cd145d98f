import { mkdir } from 'node:fs/promises';
import { isTransient, type EventData, type EventType } from '../events/catalogue.js';
import { parseData, type Envelope } from '../events/envelope.js';
import { newEventId } from '../events/ids.js';
import type { Clock } from '../primitives/clock.js';
import { deferred, type Deferred } from '../primitives/deferred.js';
import { err, ok, type Result } from '../primitives/result.js';
import { Appender, type AppendFailure } from '../records/appender.js';
import { encodeRecord } from '../records/record.js';
import type { RunPaths } from '../session/paths.js';
import { LiveWriter } from './liveFile.js';

export interface JournalIdentity {
  readonly runId: string;
  readonly prdId: string;
  readonly project: string;
  readonly term: number;
  /** `source_seq` of the last event of the older terms; 0 for a fresh run. */
  readonly lastSeq: number;
}

interface Pending {
  /** Everything but its number, which only an event that is on disk has. */
  readonly event: Omit<Envelope, 'source_seq'>;
  readonly answer: Deferred<Result<Envelope, AppendFailure>>;
}

/** A run's own record, one file a term. What `append` has answered is on disk and was written under the highest term. */
export class JournalWriter implements AsyncDisposable {
  readonly #appender: Appender;
  readonly #live: LiveWriter;
  readonly #identity: JournalIdentity;
  readonly #clock: Clock;
  #lastSeq: number;
  #pending: Pending[] = [];
  #writing: Promise<void> | undefined;

  private constructor(appender: Appender, livePath: string, identity: JournalIdentity, clock: Clock) {
    this.#appender = appender;
    this.#live = new LiveWriter(livePath, clock, (event) => {
      this.#announce(event);
    });
    this.#identity = identity;
    this.#clock = clock;
    this.#lastSeq = identity.lastSeq;
  }

  /** Creates the journal of this term, which must not exist. */
  static async create(
    paths: RunPaths,
    identity: JournalIdentity,
    stillOwner: () => boolean,
    clock: Clock,
  ): Promise<JournalWriter> {
    await mkdir(paths.dir, { recursive: true, mode: 0o700 });
    const appender = await Appender.create(paths.journal(identity.term), stillOwner);
    return new JournalWriter(appender, paths.live(identity.term), identity, clock);
  }

  /** Told of every event once it is durable, in order, and of the transient ones that are not coalesced. */
  readonly onEvent: Set<(event: Envelope) => void> = new Set();

  /** Throws when the catalogue knows no such durable event or refuses its data: that is a bug of the caller. */
  append<T extends EventType>(
    type: T,
    data: EventData<T>,
    about?: { readonly storyId?: string; readonly severity?: Envelope['severity'] },
  ): Promise<Result<Envelope, AppendFailure>> {
    if (isTransient(type)) throw new Error(`Internal error: ${type} is not durable`);
    const answer = deferred<Result<Envelope, AppendFailure>>();
    this.#pending.push({ event: this.#event(type, data, about), answer });
    this.#writing ??= this.#drain();
    return answer.promise;
  }

  /** A transient event: into the live file, without fsync, coalesced; lost when nobody listens. Throws as `append` does. */
  tell<T extends EventType>(type: T, data: EventData<T>, about?: { readonly storyId?: string }): void {
    if (!isTransient(type)) throw new Error(`Internal error: ${type} is durable`);
    // It stands after the last durable event, and takes no number of its own.
    const event: Envelope = { ...this.#event(type, data, about), source_seq: this.#lastSeq };
    this.#live.write(event);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    this.#live[Symbol.dispose]();
    await this.#appender[Symbol.asyncDispose]();
  }

  #event(
    type: EventType,
    data: unknown,
    about: { readonly storyId?: string; readonly severity?: Envelope['severity'] } = {},
  ): Omit<Envelope, 'source_seq'> {
    const parsed = parseData(type, data);
    if (!parsed.ok) throw new Error(`Internal error: ${type}: ${parsed.error}`);
    const now = this.#clock.now();
    return {
      id: newEventId(now),
      type,
      project: this.#identity.project,
      prd_id: this.#identity.prdId,
      run_id: this.#identity.runId,
      ...(about.storyId === undefined ? {} : { story_id: about.storyId }),
      timestamp: new Date(now).toISOString(),
      source: this.#identity.runId,
      term: this.#identity.term,
      ...(about.severity === undefined ? {} : { severity: about.severity }),
      data: parsed.value,
    };
  }

  /** One batch at a time, so that an event that was refused leaves no gap: its number goes to the next one. */
  async #drain(): Promise<void> {
    await Promise.resolve();
    while (this.#pending.length > 0) {
      const batch = this.#pending.map(({ event, answer }, index) => {
        const numbered: Envelope = { ...event, source_seq: this.#lastSeq + 1 + index };
        return { event: numbered, answer };
      });
      this.#pending = [];
      const written = await Promise.all(batch.map(({ event }) => this.#appender.append([encodeRecord(event)])));
      for (const [index, { event, answer }] of batch.entries()) {
        const result = written[index];
        if (!result) throw new Error('Internal error: an append without an answer');
        if (result.ok) {
          this.#lastSeq = event.source_seq;
          this.#announce(event);
        }
        answer.resolve(result.ok ? ok(event) : err(result.error));
      }
    }
    this.#writing = undefined;
  }

  #announce(event: Envelope): void {
    for (const listener of this.onEvent) {
      try {
        listener(event);
      } catch (error) {
        // A view that fails must not stop the run.
        process.emitWarning(error instanceof Error ? error : String(error));
      }
    }
  }
}
