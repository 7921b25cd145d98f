import { rm } from 'node:fs/promises';
import path from 'node:path';
import { formatCursor } from '../events/cursor.js';
import type { Envelope, StoredEvent } from '../events/envelope.js';
import { failpoint } from '../primitives/failpoint.js';
import type { Logger } from '../primitives/logger.js';
import { err, ok, type Result } from '../primitives/result.js';
import { Appender, type AppendFailure } from '../records/appender.js';
import { isDiskFull } from '../records/durability.js';
import { encodeRecord, stripCrc } from '../records/record.js';
import { recoverLog, type RecoveryOptions } from './logRecovery.js';
import type { HubMemory } from './memory.js';
import { headerRecord, readEntries, readHeader, type Segment } from './segment.js';
import type { StoredEntry } from './storedEntry.js';

export interface EventLogOptions extends RecoveryOptions {
  readonly dir: string;
  /** The hub's term: names the segments that this log writes. */
  readonly term: number;
  /** Records how far older segments count, before anything is written. */
  readonly accept: (lengths: Readonly<Record<string, number>>) => Promise<void>;
  /** Asked after each fsync, before anything is acknowledged. */
  readonly stillOwner: () => boolean;
  readonly logger: Logger;
  readonly maxSegmentBytes?: number;
}

const defaultSegmentBytes = 16 * 1024 * 1024;
const batchEvents = 256;
const batchBytes = 256 * 1024;

/**
 * The hub's record: all projects' events in one order, in segments. What `append` has answered is on disk. Callers append
 * one batch at a time (`ingest.ts`).
 */
export class EventLog implements AsyncDisposable {
  /** Recovers what older terms left, outlaws what their ghosts may still write, and begins a segment of its own. */
  static async open(options: EventLogOptions): Promise<EventLog> {
    const found = await recoverLog(options);
    failpoint('hub.log-recovered');
    await options.accept(Object.fromEntries(found.segments.map((segment) => [segment.file, segment.length])));
    if (!options.stillOwner()) throw new Error('Another process became the hub');
    const log = new EventLog(options, found.logId, found.memory, found.tail, found.segments, found.lastSeq);
    const begun = await log.#beginSegment();
    if (!begun.ok) throw new Error(`The hub's log cannot be written: ${begun.error.message}`);
    return log;
  }

  #current: { readonly appender: Appender; readonly segment: Segment; readonly headerBytes: number } | undefined;
  #segmentCount = 0;
  #closed = false;

  private constructor(
    private readonly options: EventLogOptions,
    /** Kept over restarts and takeovers; changes only when a log is lost or damaged. */
    readonly logId: string,
    /** What follows from the log's events; the caller applies what it appends. */
    readonly memory: HubMemory,
    /** The last events as recovered. */
    readonly recovered: readonly StoredEntry[],
    private readonly segments: Segment[],
    private last: number,
  ) {}

  get lastSeq(): number {
    return this.last;
  }

  /** Its files, and the bytes in them that count. */
  get size(): { readonly segments: number; readonly bytes: number } {
    const bytes = this.segments.reduce((sum, { length }) => sum + length, 0);
    return { segments: this.segments.length, bytes };
  }

  /** Whether nobody else owns the log by now: asked before anything is told that no append has just confirmed. */
  isCurrent(): boolean {
    return this.options.stillOwner();
  }

  cursor(seq: number): string {
    return formatCursor({ logId: this.logId, seq });
  }

  /** Gives the events their places and stores them. On a failure nothing has happened: the places are free again. */
  async append(events: readonly Envelope[]): Promise<Result<readonly StoredEntry[], AppendFailure>> {
    const records: Buffer[] = [];
    const entries = events.map((event, index) => {
      const seq = this.last + 1 + index;
      const stored: StoredEvent = { ...event, cursor: this.cursor(seq) };
      const record = encodeRecord(stored);
      records.push(record);
      return { seq, event: stored, json: stripCrc(record.subarray(0, -1)) };
    });
    const bytes = records.reduce((sum, record) => sum + record.length, 0);
    if (this.#isFull(bytes)) {
      const begun = await this.#beginSegment();
      // A segment may grow longer while there is no room for the next one's header.
      if (!begun.ok && !this.#current) return begun;
    }
    const current = this.#current;
    if (!current) return err({ kind: 'closed', message: 'The log is closed' });
    const written = await current.appender.append(records);
    current.segment.length = current.appender.length;
    if (!written.ok) {
      // What a failed fsync left on disk is anybody's guess: this file is not written again. Full disks recover in place.
      if (written.error.kind === 'io') await this.#seal();
      return written;
    }
    this.last += events.length;
    return ok(entries);
  }

  /**
   * Streams the events `from`…`to` from disk, in batches. Throws when they are not all there; ask {@link firstSeq}
   * before. `to` must not be beyond what was acknowledged.
   */
  async *read(from: number, to: number): AsyncGenerator<readonly StoredEntry[]> {
    let next = from;
    let batch: StoredEntry[] = [];
    let bytes = 0;
    for (let index = await this.#segmentOf(from); next <= to; index += 1) {
      const segment = this.segments[index];
      if (!segment) throw new Error(`Internal error: event ${next} is not in the log`);
      const limit = (await this.#firstSeqOf(index + 1)) ?? Infinity;
      for await (const entry of readEntries(segment)) {
        if (entry.seq < next) continue;
        if (entry.seq > to || entry.seq >= limit) break;
        if (entry.seq !== next) throw new Error(`The log is damaged: event ${next} is missing in ${segment.file}`);
        next += 1;
        batch.push(entry);
        bytes += entry.json.length;
        if (batch.length < batchEvents && bytes < batchBytes) continue;
        yield batch;
        batch = [];
        bytes = 0;
      }
      if (next <= to && next < limit && index + 1 < this.segments.length) {
        throw new Error(`The log is damaged: event ${next} is missing in ${segment.file}`);
      }
    }
    if (batch.length > 0) yield batch;
  }

  /** The oldest event that can still be read. */
  async firstSeq(): Promise<number> {
    return (await this.#firstSeqOf(0)) ?? this.last + 1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#seal();
  }

  #isFull(bytes: number): boolean {
    if (!this.#current) return true;
    const { appender, headerBytes } = this.#current;
    const written = appender.length - headerBytes;
    return written > 0 && written + bytes > (this.options.maxSegmentBytes ?? defaultSegmentBytes);
  }

  /** The old segment stays in use until the next one has its header on disk. */
  async #beginSegment(): Promise<Result<void, AppendFailure>> {
    if (this.#closed) return err({ kind: 'closed', message: 'The log is closed' });
    const { dir, term, stillOwner } = this.options;
    const index = ++this.#segmentCount;
    const file = `${term}-${index}.jsonl`;
    const filePath = path.join(dir, file);
    const firstSeq = this.last + 1;
    const header = encodeRecord(headerRecord({ logId: this.logId, firstSeq, memory: this.memory.snapshot() }));
    const appender = await createAppender(filePath, stillOwner);
    if (!appender.ok) return appender;
    failpoint('hub.segment-created');
    const written = await appender.value.append([header]);
    if (!written.ok) {
      await appender.value[Symbol.asyncDispose]();
      await rm(filePath, { force: true });
      return written;
    }
    await this.#seal();
    const segment: Segment = { file, path: filePath, term, index, length: appender.value.length, firstSeq };
    this.segments.push(segment);
    this.#current = { appender: appender.value, segment, headerBytes: segment.length };
    failpoint('hub.segment-begun');
    return ok(undefined);
  }

  async #seal(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    try {
      await current?.appender[Symbol.asyncDispose]();
    } catch (error) {
      // Everything that was acknowledged is on disk already.
      this.options.logger.warn(`A segment of the log could not be closed: ${String(error)}`);
    }
  }

  async #segmentOf(seq: number): Promise<number> {
    for (let index = this.segments.length - 1; index > 0; index -= 1) {
      const first = await this.#firstSeqOf(index);
      if (first !== undefined && first <= seq) return index;
    }
    return 0;
  }

  async #firstSeqOf(index: number): Promise<number | undefined> {
    const segment = this.segments[index];
    if (!segment) return undefined;
    if (segment.firstSeq === undefined && typeof (await readHeader(segment)) === 'string') {
      throw new Error(`The log is damaged: ${segment.file} has no readable header`);
    }
    return segment.firstSeq;
  }
}

/** Creating a file can fail as writing can; both are expected. */
async function createAppender(file: string, stillOwner: () => boolean): Promise<Result<Appender, AppendFailure>> {
  try {
    return ok(await Appender.create(file, stillOwner));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return err({ kind: isDiskFull(error) ? 'full' : 'io', message });
  }
}
