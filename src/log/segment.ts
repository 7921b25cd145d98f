import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { parseCursor } from '../events/cursor.js';
import type { StoredEvent } from '../events/envelope.js';
import { stripCrc } from '../records/record.js';
import { scan, scanAll, type ScannedRecord, type ScanEnd } from '../records/scan.js';
import type { MemorySnapshot } from './memory.js';
import type { StoredEntry } from './storedEntry.js';

/** One file of the log, `<term>-<n>.jsonl`: a header, then events. Written by one process of one term. */
export interface Segment {
  readonly file: string;
  readonly path: string;
  readonly term: number;
  readonly index: number;
  /** Bytes that count; what a ghost appended beyond them does not exist. */
  length: number;
  /** From its header; read when first needed. */
  firstSeq?: number;
}

/** Version of the header's snapshot. A header of another version still marks its place, but its snapshot is discarded. */
const headerVersion = 1;

const headerSchema = z.object({
  header: z.number().int(),
  log_id: z.string().regex(/^[0-9a-z]{1,32}$/),
  first_seq: z.number().int().positive(),
  memory: z.unknown(),
});

export interface SegmentHeader {
  readonly logId: string;
  readonly firstSeq: number;
  /** Undefined when another version wrote it: then the events before it have to be folded again. */
  readonly memory: MemorySnapshot | undefined;
}

export function headerRecord(header: { logId: string; firstSeq: number; memory: MemorySnapshot }): object {
  return { header: headerVersion, log_id: header.logId, first_seq: header.firstSeq, memory: header.memory };
}

/** All segments of a folder, oldest first, as long as their files are. */
export async function listSegments(dir: string): Promise<Segment[]> {
  const segments: Segment[] = [];
  for (const file of await readdir(dir)) {
    const name = /^(\d+)-(\d+)\.jsonl$/.exec(file);
    if (!name) continue;
    const { size } = await stat(path.join(dir, file));
    segments.push({ file, path: path.join(dir, file), term: Number(name[1]), index: Number(name[2]), length: size });
  }
  return segments.sort((a, b) => a.term - b.term || a.index - b.index);
}

/** `none`: its creator died before the header was whole, so nothing was ever acknowledged from this file. */
export async function readHeader(segment: Segment): Promise<SegmentHeader | 'none' | 'corrupt'> {
  const { records, end } = await scanAll(segment.path, { to: segment.length }, 1);
  const first = records[0];
  if (!first) return end?.kind === 'corrupt' ? 'corrupt' : 'none';
  const header = headerSchema.safeParse(first.value).data;
  if (!header) return 'corrupt';
  segment.firstSeq = header.first_seq;
  // Written by this program under a checksum: its shape follows from the version.
  const memory = header.header === headerVersion ? (header.memory as MemorySnapshot) : undefined;
  return { logId: header.log_id, firstSeq: header.first_seq, memory };
}

/** The events of a segment, and how it ends. */
export async function* readEntries(segment: Segment): AsyncGenerator<StoredEntry, ScanEnd> {
  const records = scan(segment.path, { to: segment.length });
  try {
    for (let step = await records.next(), first = true; ; step = await records.next(), first = false) {
      if (step.done) return step.value;
      if (!first) yield entryOf(step.value);
    }
  } finally {
    await records.return({ kind: 'clean', end: 0 });
  }
}

function entryOf(record: ScannedRecord): StoredEntry {
  // As above: checked before it was written, and under a checksum since.
  const event = record.value as unknown as StoredEvent;
  return { seq: parseCursor(event.cursor)?.seq ?? 0, event, json: stripCrc(record.line) };
}
