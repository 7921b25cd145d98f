import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** On every answer, and on requests whose sender has a name for them already. */
export const requestIdHeader = 'X-Request-Id';

/** What joins a request, its answer and the lines of the log about it: as the client calls it, if it is a plain short name. */
export function requestIdOf(headers: IncomingHttpHeaders): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : newRequestId();
}

export function newRequestId(): string {
  return `r_${randomBytes(9).toString('hex')}`;
}
