import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { ErrorCode } from '../events/frames.js';
import { err, ok, type Result } from '../primitives/result.js';
import { maxMessageBytes } from '../gate/gate.js';
import { jsonFault } from './jsonLimits.js';

export interface BodyFault {
  readonly status: 400 | 413;
  readonly code: ErrorCode;
  readonly message: string;
}

/** Reads a request's body, never more than a message may have. Call only what the gate admitted. */
export async function readJsonBody(request: IncomingMessage): Promise<Result<unknown, BodyFault>> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxMessageBytes) {
      return err({ status: 413, code: 'TOO_LARGE', message: `At most ${maxMessageBytes} bytes` });
    }
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  if (!isUtf8(bytes)) return err({ status: 400, code: 'INVALID_JSON', message: 'Not UTF-8' });
  return parseJson(bytes.toString('utf8'));
}

/** JSON from outside: nothing that would be stored as something else, or could not be written again. */
export function parseJson(text: string): Result<unknown, BodyFault> {
  const fault = jsonFault(text);
  if (fault !== undefined) return err({ status: 400, code: 'INVALID_JSON', message: fault });
  try {
    return ok(JSON.parse(text));
  } catch (error) {
    return err({ status: 400, code: 'INVALID_JSON', message: error instanceof Error ? error.message : 'Not JSON' });
  }
}
