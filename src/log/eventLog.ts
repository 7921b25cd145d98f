import { rm, unlink } from 'node:fs/promises';
import path from 'node:path';
import { formatCursor } from '../events/cursor.js';
import type { Envelope } from '../events/envelope.js';
import { errorCode } from '../primitives/errorCode.js';
import { failpoint } from '../primitives/failpoint.js';
import type { Logger } from '../primitives/logger.js';
import { err, ok, type Result } from '../primitives/result.js';
import { Appender, type AppendFailure } from '../records/appender.js';
import { isDiskFull } from '../records/durability.js';
import { stripCrc } from '../records/record.js';
import { BlockIndex } from './blockIndex.js';
import { recoverLog, type RecoveryOptions } from './logRecovery.js';
import { boundQuarantine } from './quarantine.js';
import type { HubMemory } from './memory.js';
import { readEntries } from './readEntries.js';
import { countExpired, defaultMaxAgeMs, type Retention } from './retention.js';
import { encodeStart, readHeader, type Segment } from './segment.js';
import { encodeStored, type StoredEntry } from './storedEntry.js';

export interface EventLogOptions extends RecoveryOptions, Retention {
  readonly dir: string;
  /** The hub's term: names the segments that this log writes. */
  readonly term: number;
  /** Records how far older segments count, before anything is written. */
  readonly accept: (lengths: Readonly<Record<string, number>>) => Promise<void>;
  /** Asked after each fsync, before anything is acknowledged. */
  readonly stillOwner: () => boolean;
  readonly logger: Logger;
  readonly maxSegmentBytes?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** The last segment is read and folded when a hub starts: a fraction of a second's work at most. */
const defaultSegmentBytes = 8 * 1024 * 1024;
/** How often it is looked whether segments have become too old. */
const retainEveryMs = 3_600_000;
/** Of the age that is kept: so long one segment is written at most, because only whole ones go. */
const segmentAgeShare = 0.1;

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
    await boundQuarantine(options);
    return log;
  }

  #current:
    | { readonly appender: Appender; readonly segment: Segment; readonly headerBytes: number; readonly begunAt: number }
    | undefined;
  #segmentCount = 0;
  #closed = false;
  #retainedAt = 0;
  #retaining: Promise<void> | undefined;

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
    const stored = events.map((event, index) => ({ cursor: this.cursor(this.last + 1 + index), ...event }));
    const { lines, lengths } = encodeStored(stored);
    if (this.#isFull(lines.length)) {
      const begun = await this.#beginSegment();
      // A segment may grow longer while there is no room for the next one's header.
      if (!begun.ok && !this.#current) return begun;
    }
    const current = this.#current;
    if (!current) return err({ kind: 'closed', message: 'The log is closed' });
    const { appender, segment } = current;
    const offset = appender.length;
    const written = await appender.appendLines(lines);
    segment.length = appender.length;
    if (!written.ok) {
      // What a failed fsync left on disk is anybody's guess: this file is not written again. Full disks recover in place.
      if (written.error.kind === 'io') await this.#seal();
      return written;
    }
    const firstSeq = this.last + 1;
    segment.blocks?.add(firstSeq, offset, lines, lengths);
    segment.writtenAt = this.#now();
    this.last += events.length;
    if (segment.writtenAt - this.#retainedAt >= retainEveryMs) this.#retain();
    let at = 0;
    return ok(
      stored.map((event, index) => {
        const end = at + (lengths[index] ?? 0);
        const json = stripCrc(lines, at, end - 1);
        at = end;
        return { seq: firstSeq + index, event, head: event, json };
      }),
    );
  }

  /**
   * Streams the events `from`…`to` from disk, in batches. Throws when they are not all there; ask {@link firstSeq}
   * before. `to` must not be beyond what was acknowledged.
   */
  async *read(from: number, to: number): AsyncGenerator<readonly StoredEntry[], void> {
    let next = from;
    let segment = await this.#segmentOf(from);
    while (next <= to) {
      if (!segment) throw new Error(`The log is damaged: event ${next} is not in it`);
      // Now, because the segment can be removed while it is read.
      const following = this.#after(segment);
      const limit = (await this.#firstSeqOf(following)) ?? Infinity;
      const firstSeq = (await this.#firstSeqOf(segment)) ?? next;
      for await (const entries of readEntries(segment, { from: next, to: Math.min(to, limit - 1) }, firstSeq, limit)) {
        yield entries;
        next = (entries.at(-1)?.seq ?? next) + 1;
      }
      if (next <= to && next < limit) {
        throw new Error(`The log is damaged: event ${next} is missing in ${segment.file}`);
      }
      segment = following;
    }
  }

  /** The oldest event that can still be read. */
  async firstSeq(): Promise<number> {
    return (await this.#firstSeqOf(this.segments[0])) ?? this.last + 1;
  }

  /** Resolves when what is kept no longer has been removed. */
  async retained(): Promise<void> {
    await this.#retaining;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#retaining;
    await this.#seal();
  }

  #isFull(bytes: number): boolean {
    if (!this.#current) return true;
    const { appender, headerBytes, begunAt } = this.#current;
    const { maxSegmentBytes = defaultSegmentBytes, maxAgeMs = defaultMaxAgeMs } = this.options;
    const written = appender.length - headerBytes;
    if (written === 0) return false;
    return written + bytes > maxSegmentBytes || this.#now() - begunAt > maxAgeMs * segmentAgeShare;
  }

  /** The old segment stays in use until the next one has its header on disk. */
  async #beginSegment(): Promise<Result<void, AppendFailure>> {
    if (this.#closed) return err({ kind: 'closed', message: 'The log is closed' });
    const { dir, term, stillOwner } = this.options;
    const index = ++this.#segmentCount;
    const file = `${term}-${index}.jsonl`;
    const filePath = path.join(dir, file);
    const firstSeq = this.last + 1;
    const place = { logId: this.logId, firstSeq, memory: this.memory.snapshot() };
    const start = encodeStart(place, this.segments.at(-1));
    const appender = await createAppender(filePath, stillOwner);
    if (!appender.ok) return appender;
    failpoint('hub.segment-created');
    const written = await appender.value.append(start);
    if (!written.ok) {
      await appender.value[Symbol.asyncDispose]();
      await rm(filePath, { force: true });
      return written;
    }
    await this.#seal();
    const begunAt = this.#now();
    const headerBytes = appender.value.length;
    const segment: Segment = {
      ...{ file, path: filePath, term, index, length: headerBytes, writtenAt: begunAt, firstSeq },
      blocks: new BlockIndex(),
    };
    this.segments.push(segment);
    this.#current = { appender: appender.value, segment, headerBytes, begunAt };
    failpoint('hub.segment-begun');
    this.#retain();
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

  /** Removes what is kept no longer. All that must stay known of it stands in the snapshot of the last segment. */
  #retain(): void {
    this.#retainedAt = this.#now();
    const count = countExpired(this.segments, this.options, this.#retainedAt);
    if (count > 0) this.#retaining ??= this.#remove(count).finally(() => (this.#retaining = undefined));
  }

  /** The oldest first, so that what remains has no gap. Who reads one just now keeps reading it. */
  async #remove(count: number): Promise<void> {
    for (let left = count; left > 0 && this.options.stillOwner(); left -= 1) {
      const oldest = this.segments.shift();
      if (!oldest) return;
      try {
        await unlink(oldest.path);
      } catch (error) {
        if (errorCode(error) === 'ENOENT') continue;
        // Windows may refuse while somebody reads it.
        this.segments.unshift(oldest);
        this.options.logger.warn(`${oldest.file} of the log could not be removed: ${String(error)}`);
        return;
      }
    }
  }

  /** The segment that holds `seq`, or the oldest one. */
  async #segmentOf(seq: number): Promise<Segment | undefined> {
    const segments = [...this.segments];
    let low = 0;
    for (let high = segments.length - 1; low < high;) {
      const middle = (low + high + 1) >> 1;
      const first = await this.#firstSeqOf(segments[middle]);
      if (first !== undefined && first <= seq) low = middle;
      else high = middle - 1;
    }
    return segments[low];
  }

  /** Throws when `segment` was removed. */
  #after(segment: Segment): Segment | undefined {
    const index = this.segments.indexOf(segment);
    if (index < 0) throw new Error(`${segment.file} of the log is kept no longer`);
    return this.segments[index + 1];
  }

  async #firstSeqOf(segment: Segment | undefined): Promise<number | undefined> {
    if (segment && segment.firstSeq === undefined) {
      const before = this.segments[this.segments.indexOf(segment) - 1];
      if (typeof (await readHeader(segment, before)) === 'string') {
        throw new Error(`The log is damaged: ${segment.file} has no readable header`);
      }
    }
    return segment?.firstSeq;
  }

  #now(): number {
    return (this.options.now ?? Date.now)();
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
