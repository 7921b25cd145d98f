import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { encodeRecord } from '../records/record.js';
import { scanAll } from '../records/scan.js';
import { BlockIndex, blocksSchema } from './blockIndex.js';
import type { MemorySnapshot } from './memory.js';

/** One file of the log, `<term>-<n>.jsonl`: a header, a snapshot, then events. Written by one process of one term. */
export interface Segment {
  readonly file: string;
  readonly path: string;
  readonly term: number;
  readonly index: number;
  /** Bytes that count; what a ghost appended beyond them does not exist. */
  length: number;
  /** Milliseconds since 1970 when something was last appended. */
  writtenAt: number;
  /** From its header; read when first needed. */
  firstSeq?: number;
  /** Where its events stand; made when first needed, from the next segment's header or from the events. */
  blocks?: BlockIndex | undefined;
}

/** Version of the snapshot. One of another version is discarded, and the events before it are folded again. */
const snapshotVersion = 3;

const headerSchema = z.object({
  header: z.number().int(),
  log_id: z.string().regex(/^[0-9a-z]{1,32}$/),
  first_seq: z.number().int().positive(),
  before: blocksSchema.extend({ file: z.string() }).optional(),
});
const snapshotSchema = z.object({ snapshot: z.literal(snapshotVersion), memory: z.unknown() });

export interface SegmentHeader {
  readonly logId: string;
  readonly firstSeq: number;
}

export interface SegmentStart extends SegmentHeader {
  /** Undefined when another version wrote it: then the events before it have to be folded again. */
  readonly memory: MemorySnapshot | undefined;
}

/**
 * What a segment begins with: a line that says where it stands in the log and where the blocks of the segment before are,
 * and a line with everything that follows from the events so far.
 */
export function encodeStart(
  { logId, firstSeq, memory }: { logId: string; firstSeq: number; memory: MemorySnapshot },
  before: Segment | undefined,
): readonly Buffer[] {
  const blocks = before?.blocks?.snapshot();
  return [
    encodeRecord({
      header: 2,
      log_id: logId,
      first_seq: firstSeq,
      ...(before && blocks ? { before: { file: before.file, ...blocks } } : {}),
    }),
    encodeRecord({ snapshot: snapshotVersion, memory }),
  ];
}

/** All segments of a folder, oldest first, as long as their files are. */
export async function listSegments(dir: string): Promise<Segment[]> {
  const segments: Segment[] = [];
  for (const file of await readdir(dir)) {
    const name = /^(\d+)-(\d+)\.jsonl$/.exec(file);
    if (!name) continue;
    const filePath = path.join(dir, file);
    const { size, mtimeMs } = await stat(filePath);
    const place = { term: Number(name[1]), index: Number(name[2]) };
    segments.push({ file, path: filePath, ...place, length: size, writtenAt: mtimeMs });
  }
  return segments.sort((a, b) => a.term - b.term || a.index - b.index);
}

/**
 * Reads a segment's header, and takes what it says of the segment `before`. `none`: its creator died before it was
 * whole, so nothing was ever acknowledged from this file.
 */
export async function readHeader(segment: Segment, before?: Segment): Promise<SegmentHeader | 'none' | 'corrupt'> {
  const { records, end } = await scanAll(segment.path, { to: segment.length }, 1);
  const first = records[0];
  if (!first) return end?.kind === 'corrupt' ? 'corrupt' : 'none';
  return takeHeader(first.value, segment, before);
}

/** The header and the snapshot of a segment. */
export async function readStart(segment: Segment, before?: Segment): Promise<SegmentStart | 'none' | 'corrupt'> {
  const { records, end } = await scanAll(segment.path, { to: segment.length }, 2);
  const [first, second] = records;
  if (end?.kind === 'corrupt') return 'corrupt';
  if (!first || !second) return 'none';
  const header = takeHeader(first.value, segment, before);
  if (header === 'corrupt') return 'corrupt';
  // Written by this program under a checksum: its shape follows from the version.
  const memory = snapshotSchema.safeParse(second.value).data?.memory as MemorySnapshot | undefined;
  return { ...header, memory };
}

function takeHeader(value: unknown, segment: Segment, before: Segment | undefined): SegmentHeader | 'corrupt' {
  const header = headerSchema.safeParse(value).data;
  if (!header) return 'corrupt';
  segment.firstSeq = header.first_seq;
  if (before && header.before?.file === before.file) before.blocks ??= BlockIndex.restore(header.before);
  return { logId: header.log_id, firstSeq: header.first_seq };
}
