import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Header by which a client names its request, so that it finds it in the hub's log; the answer has it too. */
export const requestIdHeader = 'X-Request-Id';

const accepted = /^[\w.:-]{1,64}$/;

/** The client's own name for the request, if it is one that can stand in a log; else a fresh one. */
export function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers[requestIdHeader.toLowerCase()];
  return typeof given === 'string' && accepted.test(given) ? given : randomUUID();
}
