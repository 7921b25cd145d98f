import { crc32 } from 'node:zlib';
import { err, ok, type Result } from '../primitives/result.js';

/** `,"crc":"xxxxxxxx"}`: of fixed length, so that a "crc" inside the object cannot be taken for it. */
const suffixLength = 18;
const suffix = /^,"crc":"([0-9a-f]{8})"\}$/;

/**
 * One line, newline included: a JSON object whose last member is the CRC-32 of all bytes before it.
 * The object has at least one member.
 */
export function encodeRecord(object: object): Buffer {
  const json = JSON.stringify(object);
  if (!json.startsWith('{"')) throw new Error(`Internal error: not a record: ${json}`);
  const body = Buffer.from(json.slice(0, -1));
  return Buffer.concat([body, Buffer.from(`,"crc":"${checksum(body)}"}\n`)]);
}

/** Why a line is no record. */
export type RecordFault = 'no-crc' | 'crc-mismatch' | 'not-json';

/** `line` without its newline. The value comes without the `crc` member. */
export function decodeRecord(line: Buffer): Result<Record<string, unknown>, RecordFault> {
  const stored = suffix.exec(line.toString('latin1', Math.max(0, line.length - suffixLength)))?.[1];
  if (stored === undefined) return err('no-crc');
  if (checksum(line.subarray(0, -suffixLength)) !== stored) return err('crc-mismatch');
  try {
    return ok(JSON.parse(stripCrc(line).toString()) as Record<string, unknown>);
  } catch {
    return err('not-json');
  }
}

/** The stored bytes of a record without the CRC and the newline: what clients get, without parsing. */
export function stripCrc(line: Buffer): Buffer {
  const body = line.length - suffixLength;
  const stripped = Buffer.allocUnsafe(body + 1);
  line.copy(stripped, 0, 0, body);
  stripped[body] = 0x7d; // }
  return stripped;
}

function checksum(bytes: Buffer): string {
  return crc32(bytes).toString(16).padStart(8, '0');
}
