import { randomBytes } from 'node:crypto';
import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from '../primitives/logger.js';
import { stripCrc } from '../records/record.js';
import { syncFile } from '../records/durability.js';
import type { Terms } from '../records/terms.js';
import type { Holder } from '../session/holder.js';
import { HubMemory } from './memory.js';
import { quarantineFolder } from './quarantine.js';
import { scanEvents } from './scanEvents.js';
import { listSegments, readStart, type Segment, type SegmentStart } from './segment.js';
import type { StoredEntry } from './storedEntry.js';

/** What older terms left. */
export interface RecoveredLog {
  readonly logId: string;
  readonly lastSeq: number;
  readonly memory: HubMemory;
  /** The last events, for who connects soon. */
  readonly tail: readonly StoredEntry[];
  readonly segments: Segment[];
}

export interface RecoveryOptions {
  readonly dir: string;
  /** How many bytes of an older term's file count; undefined while no owner before us decided that. */
  readonly acceptedLength: (term: number, file: string) => Promise<number | undefined>;
  readonly logger: Logger;
}

const tailEvents = 1_000;

/** {@link RecoveryOptions.acceptedLength}, for the owner of the highest term. */
export async function acceptedLengths(terms: Terms<Holder>): Promise<RecoveryOptions['acceptedLength']> {
  const undecided = new Set(await terms.undecided());
  return async (term, file) => {
    if (undecided.has(term)) return undefined;
    const length = await terms.acceptedLength(term, file);
    // What the owner who decided did not list, a ghost wrote later.
    return typeof length === 'number' ? length : 0;
  };
}

/**
 * Finds the end of the log: reads the last segment only, unless its snapshot is of another version. Sets each segment's
 * `length` to what counts. A log that is damaged in the middle is moved aside as a whole and a new one begins with what
 * could be read; its new id tells every client that its cursor is void.
 */
export async function recoverLog(options: RecoveryOptions): Promise<RecoveredLog> {
  const segments: Segment[] = [];
  for (const segment of await listSegments(options.dir)) {
    const accepted = await options.acceptedLength(segment.term, segment.file);
    if (accepted !== undefined) segment.length = accepted;
    // A dead writer may not have come to that; what is counted is on disk.
    else await syncFile(segment.path);
    if (segment.length > 0) segments.push(segment);
  }

  const start = await findStart(segments);
  if (start === 'corrupt') return quarantine(options, segments, undefined, 'a segment has no readable header');
  if (!start) return { logId: newLogId(), lastSeq: 0, memory: HubMemory.empty(), tail: [], segments: [] };

  const { logId, firstSeq } = start.header;
  const memory = start.header.memory ? HubMemory.restore(start.header.memory) : HubMemory.empty();
  const tail: StoredEntry[] = [];
  let seq = firstSeq - 1;
  for (const [index, segment] of segments.entries()) {
    if (index < start.index) continue;
    const limit = segments[index + 1]?.firstSeq ?? Infinity;
    const events = scanEvents(segment, seq + 1, limit);
    let step = await events.next();
    for (; !step.done; step = await events.next()) {
      for (const scanned of step.value) {
        seq = scanned.seq;
        memory.apply(scanned.event, seq);
        tail.push({ seq, event: scanned.event, head: scanned.event, json: stripCrc(scanned.line) });
      }
      if (tail.length > 2 * tailEvents) tail.splice(0, tail.length - tailEvents);
    }
    if (index < segments.length - 1) {
      if (seq + 1 !== limit) return quarantine(options, segments, memory, `event ${seq + 1} is missing`);
    } else if (!step.value) {
      return quarantine(options, segments, memory, `event ${seq + 1} is missing`);
    } else if (step.value.kind === 'corrupt') {
      return quarantine(options, segments, memory, step.value.fault);
    } else {
      if (step.value.kind === 'torn') {
        options.logger.warn(`${segment.file} of the log ends in a record that is not whole; it was left out`);
      }
      segment.length = step.value.end;
    }
  }
  return { logId, lastSeq: seq, memory, tail: tail.slice(-tailEvents), segments };
}

/** The last segment whose snapshot can be used, dropping those that never got a header; else the oldest. */
async function findStart(
  segments: Segment[],
): Promise<{ index: number; header: SegmentStart } | 'corrupt' | undefined> {
  let oldest: { index: number; header: SegmentStart } | undefined;
  for (let index = segments.length - 1; index >= 0; index -= 1) {
    const segment = segments[index];
    const header = segment ? await readStart(segment, segments[index - 1]) : 'none';
    if (header === 'corrupt') return 'corrupt';
    if (header === 'none') segments.splice(index, 1);
    else if (header.memory) return { index, header };
    else oldest = { index, header };
  }
  return oldest;
}

/** Ids stay known, but their places belong to the lost log. */
async function quarantine(
  options: RecoveryOptions,
  segments: readonly Segment[],
  memory: HubMemory | undefined,
  fault: string,
): Promise<RecoveredLog> {
  const logId = newLogId();
  const aside = quarantineFolder(options.dir, logId);
  await mkdir(aside, { mode: 0o700 });
  for (const segment of segments) await rename(segment.path, path.join(aside, segment.file));
  options.logger.error(`The hub's log is damaged (${fault}). It was moved to ${aside}; a new log begins.`);
  return { logId, lastSeq: 0, memory: memory?.withoutPlaces() ?? HubMemory.empty(), tail: [], segments: [] };
}

const newLogId = (): string => randomBytes(4).toString('hex');
