import { closeSync, openSync, read as readWithCallback } from 'node:fs';
import { promisify } from 'node:util';
import { errorCode } from '../primitives/errorCode.js';
import { decodeRecord } from './record.js';

const read = promisify(readWithCallback);

const chunkSize = 64 * 1024;
const newline = 0x0a;

/** One whole, valid record of a file and where it stands in it. */
export interface ScannedRecord {
  readonly value: Record<string, unknown>;
  /** The line without its newline, CRC included. */
  readonly line: Buffer;
  readonly offset: number;
  /** Offset after its newline; the end of the file for a whole last record that lacks one. */
  readonly end: number;
}

/** How a scan ended: at a clean end, before an unfinished last line, or before a bad record in the middle. */
export type ScanEnd =
  | { readonly kind: 'clean'; readonly end: number }
  | { readonly kind: 'torn'; readonly end: number }
  | { readonly kind: 'corrupt'; readonly end: number; readonly fault: string };

/**
 * Streams the records of a file from byte `from` up to (excluding) byte `to`, byte-wise, in chunks. A missing file is
 * empty. A last line without a newline counts when its JSON and its CRC are whole, and is torn otherwise; a bad record
 * that has its newline is corrupt, wherever it stands.
 */
export async function* scan(
  path: string,
  range: { readonly from?: number; readonly to?: number } = {},
): AsyncGenerator<ScannedRecord, ScanEnd> {
  const batches = scanBatches(path, range);
  try {
    for (;;) {
      const batch = await batches.next();
      if (batch.done) return batch.value;
      yield* batch.value;
    }
  } finally {
    await batches.return({ kind: 'clean', end: 0 });
  }
}

/** As {@link scan}, for who reads many: all records that end in one chunk together. */
export async function* scanBatches(
  path: string,
  range: { readonly from?: number; readonly to?: number } = {},
): AsyncGenerator<readonly ScannedRecord[], ScanEnd> {
  const from = range.from ?? 0;
  const file = openIfExists(path);
  if (file === undefined) return { kind: 'clean', end: from };
  try {
    let offset = from;
    let partial: Buffer[] = [];
    for await (const chunk of chunks(file, from, range.to ?? Number.POSITIVE_INFINITY)) {
      const records: ScannedRecord[] = [];
      let start = 0;
      for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, start)) {
        const rest = chunk.subarray(start, at);
        const line = partial.length === 0 ? rest : Buffer.concat([...partial, rest]);
        partial = [];
        start = at + 1;
        const decoded = decodeRecord(line);
        if (!decoded.ok) {
          if (records.length > 0) yield records;
          return { kind: 'corrupt', end: offset, fault: decoded.error };
        }
        const end = offset + line.length + 1;
        records.push({ value: decoded.value, line, offset, end });
        offset = end;
      }
      if (start < chunk.length) partial.push(chunk.subarray(start));
      if (records.length > 0) yield records;
    }
    if (partial.length === 0) return { kind: 'clean', end: offset };
    const line = Buffer.concat(partial);
    const decoded = decodeRecord(line);
    if (!decoded.ok) return { kind: 'torn', end: offset };
    const end = offset + line.length;
    yield [{ value: decoded.value, line, offset, end }];
    return { kind: 'clean', end };
  } finally {
    closeSync(file);
  }
}

/** All records of a range and how it ended; at most `max` of them, and no end when there may be more. */
export async function scanAll(
  path: string,
  range: { readonly from?: number; readonly to?: number } = {},
  max = Number.POSITIVE_INFINITY,
): Promise<{ readonly records: ScannedRecord[]; readonly end: ScanEnd | undefined }> {
  const records: ScannedRecord[] = [];
  const scanning = scan(path, range);
  try {
    while (records.length < max) {
      const next = await scanning.next();
      if (next.done) return { records, end: next.value };
      records.push(next.value);
    }
    return { records, end: undefined };
  } finally {
    await scanning.return({ kind: 'clean', end: 0 });
  }
}

/** Each chunk in memory of its own: records that were handed over keep pointing into it. */
async function* chunks(file: number, from: number, to: number): AsyncGenerator<Buffer> {
  for (let position = from; position < to;) {
    const size = Math.min(chunkSize, to - position);
    const { bytesRead, buffer } = await read(file, Buffer.allocUnsafe(size), 0, size, position);
    if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
    // The file ended there when it was read.
    if (bytesRead < size) return;
    position += bytesRead;
  }
}

/** At once: it takes less time than to wake another thread for it, as who follows a journal does for each event. */
function openIfExists(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
