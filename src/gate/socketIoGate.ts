import type { GateRequest } from './gate.js';
import type { RequestHeaders } from './requestHeaders.js';

export const socketIoPath = '/socket.io/';

/** Sessions of Socket.IO's transport. Their ids are secrets that nobody guesses, told to who opened one. */
export interface TransportSessions {
  isLive(sid: string): boolean;
}

interface Asked {
  readonly kind: GateRequest['kind'];
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

/**
 * Whether the token may come later. Socket.IO's clients send theirs as a message of the transport, so the transport is
 * let in without one; what sees to it that nothing is told before is {@link SocketIo}.
 */
export function mayShowTokenLater(
  { kind, method, path }: Omit<Asked, 'query'>,
  sessions: TransportSessions | undefined,
): boolean {
  if (sessions === undefined || path !== socketIoPath) return false;
  return kind === 'upgrade' || method === 'GET' || method === 'POST';
}

/**
 * Whether this is what a client of the polling transport sends: `text/plain`, which a foreign page could send too, unasked,
 * from a browser that tells neither Origin nor Sec-Fetch-Site. That page cannot know the id of a live session.
 */
export function isPollingMessage(
  { kind, method, path, query }: Asked,
  headers: RequestHeaders,
  sessions: TransportSessions | undefined,
): boolean {
  const sid = query.getAll('sid');
  return (
    sessions !== undefined &&
    kind === 'request' &&
    method === 'POST' &&
    path === socketIoPath &&
    query.get('transport') === 'polling' &&
    sid.length === 1 &&
    sessions.isLive(sid[0] ?? '') &&
    /^text\/plain *(; *charset="?utf-8"?)?$/i.test(headers.only('content-type') ?? '')
  );
}
