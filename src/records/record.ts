import { crc32 } from 'node:zlib';
import { err, ok, type Result } from '../primitives/result.js';

/** `,"crc":"xxxxxxxx"}`: of fixed length, so that a "crc" inside the object cannot be taken for it. */
const suffixLength = 18;
const suffix = /^,"crc":"([0-9a-f]{8})"\}$/;
const digits = 8;

/**
 * One line, newline included: a JSON object whose last member is the CRC-32 of all bytes before it.
 * The object has at least one member.
 */
export function encodeRecord(object: object): Buffer {
  const json = JSON.stringify(object);
  if (!json.startsWith('{"')) throw new Error(`Internal error: not a record: ${json}`);
  // In one piece of memory: its digits are filled in where they belong.
  const record = Buffer.from(`${json.slice(0, -1)},"crc":"00000000"}\n`);
  const body = record.length - 1 - suffixLength;
  record.write(checksum(record.subarray(0, body)), record.length - 3 - digits, 'latin1');
  return record;
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
