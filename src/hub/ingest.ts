import type { EventBus } from '../bus/eventBus.js';
import { isTransient } from '../events/catalogue.js';
import { isFromRun, type Envelope, type PublishedEvent } from '../events/envelope.js';
import { newEventId } from '../events/ids.js';
import { completePublished } from '../events/published.js';
import type { Clock } from '../primitives/clock.js';
import { failpoint } from '../primitives/failpoint.js';
import { err, ok, type Result } from '../primitives/result.js';
import type { AppendFailure } from '../records/appender.js';
import type { EventLog } from '../log/eventLog.js';
import type { Feed, FeedEntry } from './feed.js';
import { idKey } from '../log/memory.js';

/** `invalid`: the event at `index` does not fit the catalogue; nothing was stored. */
export type PublishFailure =
  AppendFailure | { readonly kind: 'invalid'; readonly index: number; readonly message: string };

interface Job {
  readonly events: readonly Envelope[];
  /** The hub counts for outsiders: their events get their place among those of their source when they are stored. */
  readonly counted: boolean;
  /** Those whose publisher chose their id: only they can be repeats. */
  readonly named: ReadonlySet<Envelope>;
  readonly settle: (result: Result<readonly (number | undefined)[], AppendFailure>) => void;
}

const none: ReadonlySet<Envelope> = new Set();
/** Events that are taken into one group commit. */
const maxBatch = 4_096;

/**
 * The only way into the log: validate → drop duplicates → seq → log → fold → bus and clients → acknowledge, strictly
 * in that order, one batch after the other. What arrives while a batch is written makes up the next.
 */
export class Ingest implements AsyncDisposable {
  readonly #jobs: Job[] = [];
  #pumping: Promise<void> | undefined;
  #closed = false;
  #failure: (AppendFailure & { readonly at: string }) | undefined;

  constructor(
    private readonly log: EventLog,
    private readonly bus: EventBus,
    private readonly feed: Feed,
    private readonly clock: Clock,
  ) {}

  /** Events of a run's own journal. Those that the log has are dropped. */
  async journal(events: readonly Envelope[]): Promise<Result<void, AppendFailure>> {
    const result = await this.#enqueue(events.filter(isFromRun), false, none);
    return result.ok ? ok(undefined) : result;
  }

  /**
   * Events of an outside publisher, all or none. Whatever they name, they carry the publisher as their source and so
   * cannot change a run. Answers a cursor for each: an earlier one for a repeated id, the log's end for a transient event.
   */
  async publish(
    publisher: string,
    events: readonly PublishedEvent[],
  ): Promise<Result<readonly string[], PublishFailure>> {
    const now = this.clock.now();
    const at = new Date(now).toISOString();
    const drafts: Envelope[] = [];
    let named: Set<Envelope> | undefined;
    for (const [index, event] of events.entries()) {
      const complete = completePublished(event);
      if (!complete.ok) return err({ kind: 'invalid', index, message: complete.error });
      const { id = newEventId(now), timestamp = at } = complete.value;
      // A literal that adds fields to what it spreads costs V8 twenty times as much.
      const place = { id, timestamp, source: publisher, term: 0, source_seq: 0 };
      const draft: Envelope = Object.assign({}, complete.value, place);
      drafts.push(draft);
      if (complete.value.id !== undefined) (named ??= new Set()).add(draft);
    }
    const result = await this.#enqueue(drafts, true, named ?? none);
    return result.ok ? ok(result.value.map((seq) => this.log.cursor(seq ?? this.log.lastSeq))) : result;
  }

  /** Why the last events that came could not be stored, and when; undefined when they could. */
  get failure(): (AppendFailure & { readonly at: string }) | undefined {
    return this.#failure;
  }

  /** Events that wait for the batch before them. */
  get waiting(): number {
    return this.#jobs.reduce((sum, { events }) => sum + events.length, 0);
  }

  /** A transient event: told at once, to whoever listens. */
  tell(events: readonly Envelope[]): void {
    // Most batches hold none, and to ask who owns the log costs system calls.
    if (this.#closed || events.length === 0 || !this.log.isCurrent()) return;
    this.#spread(events.map((event) => ({ seq: undefined, event, json: Buffer.from(JSON.stringify(event)) })));
  }

  /** Refuses what comes from now on; resolves when what came before is settled. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#pumping;
  }

  /** A bug in here must not leave publishers waiting for ever. */
  async #store(events: readonly Envelope[]): ReturnType<EventLog['append']> {
    try {
      if (events.length > 0) return await this.log.append(events);
      return this.log.isCurrent() ? ok([]) : err({ kind: 'fenced', message: 'A higher term exists' });
    } catch (error) {
      return err({ kind: 'io', message: `Internal error: ${String(error)}` });
    }
  }

  /** A handler on the bus sees the state as of its event. */
  #spread(entries: readonly FeedEntry[]): void {
    if (entries.length === 0) return;
    for (const { seq, event, json } of entries) {
      if (seq !== undefined) this.log.memory.apply(event, seq);
      this.bus.emit(event, json.length);
    }
    this.feed.publish(entries);
  }

  #enqueue(
    events: readonly Envelope[],
    counted: boolean,
    named: ReadonlySet<Envelope>,
  ): Promise<Result<readonly (number | undefined)[], AppendFailure>> {
    if (this.#closed) return Promise.resolve(err({ kind: 'closed', message: 'The hub is stopping' }));
    if (events.length === 0) return Promise.resolve(ok([]));
    return new Promise((settle) => {
      this.#jobs.push({ events, counted, named, settle });
      this.#pumping ??= this.#pump();
    });
  }

  async #pump(): Promise<void> {
    // Jobs of the same turn share a commit.
    await Promise.resolve();
    while (this.#jobs.length > 0) {
      const batch: Job[] = [];
      let size = 0;
      for (let job = this.#jobs[0]; job && (size === 0 || size + job.events.length <= maxBatch); job = this.#jobs[0]) {
        batch.push(job);
        size += job.events.length;
        this.#jobs.shift();
      }
      await this.#commit(batch);
    }
    // In the same turn as the last look at the queue: who comes next starts anew.
    this.#pumping = undefined;
  }

  async #commit(batch: readonly Job[]): Promise<void> {
    const base = this.log.lastSeq;
    const plan = new Plan(this.log);
    const places = batch.map((job) => job.events.map((event) => plan.place(event, job)));
    failpoint('hub.events-placed');
    const stored = await this.#store(plan.durable);
    failpoint('hub.events-stored');
    if (!stored.ok) this.#failure = { ...stored.error, at: new Date(this.clock.now()).toISOString() };
    else if (plan.durable.length > 0) this.#failure = undefined;
    if (stored.ok) {
      this.#spread(stored.value);
      this.tell(plan.transient);
    }
    failpoint('hub.events-published');
    for (const [index, job] of batch.entries()) {
      const seqs = places[index] ?? [];
      // A job that brought only what the log has already does not suffer from the others' failure.
      job.settle(stored.ok || seqs.every((seq) => seq !== undefined && seq <= base) ? ok(seqs) : stored);
    }
  }
}

/** One batch on its way: which events are stored under which seq, and which are known already. */
class Plan {
  readonly durable: Envelope[] = [];
  readonly transient: Envelope[] = [];
  readonly #marks = new Map<string, number>();
  readonly #ids = new Map<string, number>();

  constructor(private readonly log: EventLog) {}

  /** The event's seq; undefined for transient ones. An outsider's event is completed with its place in its source. */
  place(event: Envelope, { counted, named }: Job): number | undefined {
    const { source } = event;
    const mark = this.#marks.get(source) ?? this.log.memory.mark(source);
    if (!counted) {
      if (event.source_seq <= mark) return 0;
      this.#marks.set(source, event.source_seq);
      return this.#add(event);
    }
    if (isTransient(event.type)) {
      event.source_seq = mark;
      this.transient.push(event);
      return undefined;
    }
    const key = named.has(event) ? idKey(source, event.id) : undefined;
    const known = key === undefined ? undefined : (this.#ids.get(key) ?? this.log.memory.seqOf(source, event.id));
    if (known !== undefined) return known;
    this.#marks.set(source, mark + 1);
    event.source_seq = mark + 1;
    const seq = this.#add(event);
    if (key !== undefined) this.#ids.set(key, seq);
    return seq;
  }

  #add(event: Envelope): number {
    this.durable.push(event);
    return this.log.lastSeq + this.durable.length;
  }
}
