import type { IncomingMessage } from 'node:http';
import type { ErrorCode } from '../events/frames.js';
import { err, ok, type Result } from '../primitives/result.js';
import { maxMessageBytes } from '../gate/gate.js';

export interface BodyFault {
  readonly status: 400 | 413;
  readonly code: ErrorCode;
  readonly message: string;
}

const maxDepth = 64;

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
  return parseJson(Buffer.concat(chunks).toString('utf8'));
}

/** JSON from outside: not deeper than can be written again without trouble. */
export function parseJson(text: string): Result<unknown, BodyFault> {
  if (depthOf(text) > maxDepth) {
    return err({ status: 400, code: 'INVALID_JSON', message: `Nested deeper than ${maxDepth} levels` });
  }
  try {
    return ok(JSON.parse(text));
  } catch (error) {
    return err({ status: 400, code: 'INVALID_JSON', message: error instanceof Error ? error.message : 'Not JSON' });
  }
}

/** How many brackets are open at once, strings left out. What is no JSON may be miscounted: parsing refuses it. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case 0x5c: // backslash
        if (inString) index += 1;
        break;
      case 0x22: // quote
        inString = !inString;
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (!inString) deepest = Math.max(deepest, (depth += 1));
        break;
      case 0x5d: // ]
      case 0x7d: // }
        if (!inString) depth -= 1;
        break;
    }
  }
  return deepest;
}
