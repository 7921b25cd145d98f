import { crc32 } from 'node:zlib';
import { err, ok, type Result } from '../primitives/result.js';

/** `,"crc":"xxxxxxxx"}`: of fixed length, so that a "crc" inside the object cannot be taken for it. */
const suffixLength = 18;
const suffix = /^,"crc":"([0-9a-f]{8})"\}$/;
const digits = 8;
const hexDigits = '0123456789abcdef';

/**
 * One line, newline included: a JSON object whose last member is the CRC-32 of all bytes before it.
 * The object has at least one member.
 */
export function encodeRecord(object: object): Buffer {
  return encodeRecords([object]).lines;
}

/** The same for several, joined in one piece of memory; `lengths` are those of the lines, in bytes. */
export function encodeRecords(objects: readonly object[]): {
  readonly lines: Buffer;
  readonly lengths: readonly number[];
} {
  const texts = objects.map(textOf);
  // The object's last brace gives way to the suffix, which ends with one.
  const lengths = texts.map((text) => Buffer.byteLength(text) - 1 + unsealed.length);
  const lines = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + length, 0));
  let start = 0;
  for (const [index, text] of texts.entries()) {
    lines.write(text, start);
    const end = start + (lengths[index] ?? 0);
    unsealed.copy(lines, end - unsealed.length);
    seal(lines, start, end);
    start = end;
  }
  return { lines, lengths };
}

function textOf(object: object): string {
  const json = JSON.stringify(object);
  if (!json.startsWith('{"')) throw new Error(`Internal error: not a record: ${json}`);
  return json;
}

const unsealed = Buffer.from(',"crc":"00000000"}\n');

/** Fills the checksum in where its digits belong. */
function seal(lines: Buffer, start: number, end: number): void {
  let crc = crcOf(lines.subarray(start, end - unsealed.length));
  for (let at = end - 4; at > end - 4 - digits; at -= 1) {
    lines[at] = hexDigits.charCodeAt(crc & 0xf);
    crc >>>= 4;
  }
}

/** Why a line is no record. */
export type RecordFault = 'no-crc' | 'crc-mismatch' | 'not-json';

/** `line` without its newline. The value comes without the `crc` member. */
export function decodeRecord(line: Buffer): Result<Record<string, unknown>, RecordFault> {
  const fault = recordFault(line);
  if (fault) return err(fault);
  try {
    return ok(JSON.parse(`${line.toString('utf8', 0, line.length - suffixLength)}}`) as Record<string, unknown>);
  } catch {
    return err('not-json');
  }
}

/** What is wrong with a line (without its newline) as far as its CRC can tell. */
export function recordFault(line: Buffer): Exclude<RecordFault, 'not-json'> | undefined {
  const stored = suffix.exec(line.toString('latin1', Math.max(0, line.length - suffixLength)))?.[1];
  if (stored === undefined) return 'no-crc';
  return checksum(line.subarray(0, -suffixLength)) === stored ? undefined : 'crc-mismatch';
}

/**
 * The stored bytes of a record (`line`, or what stands from `start` to `end` in it, without the newline) without the CRC:
 * what clients get, without parsing. Takes no copy: it overwrites the CRC, so that the line is no record afterwards.
 */
export function stripCrc(line: Buffer, start = 0, end = line.length): Buffer {
  const body = end - suffixLength;
  line[body] = 0x7d; // }
  return line.subarray(start, body + 1);
}

/** CRC-32 of `bytes`, going on from that of the bytes before them. */
export function crcOf(bytes: Buffer, before = 0): number {
  return crc32(bytes, before);
}

function checksum(bytes: Buffer): string {
  return crcOf(bytes).toString(16).padStart(digits, '0');
}
