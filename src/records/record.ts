import type { Result } from '../primitives/result.js';

/** One line: a JSON object whose last member is the CRC-32 of all bytes before it. */
export function encodeRecord(object: object): Buffer {
  throw new Error(`stub ${String(object)}`);
}

/** Why a line is no record. */
export type RecordFault = 'no-crc' | 'crc-mismatch' | 'not-json';

/** `line` without its newline. The value comes without the `crc` member. */
export function decodeRecord(line: Buffer): Result<Record<string, unknown>, RecordFault> {
  throw new Error(`stub ${line.length}`);
}

/** The stored bytes without the CRC: what clients get, without parsing. */
export function stripCrc(line: Buffer): Buffer {
  throw new Error(`stub ${line.length}`);
}
