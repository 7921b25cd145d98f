import type { RequestHeaders } from './requestHeaders.js';

export const socketIoPath = '/socket.io/';

/** Sessions of Socket.IO's transport. Their ids are secrets that nobody guesses, told to who opened one. */
export interface TransportSessions {
  isLive(sid: string): boolean;
}

interface Asked {
  readonly method: string;
  readonly path: string;
}

/**
 * Whether the token may come later. Socket.IO's clients send theirs as a message of the transport, so the transport is
 * let in without one; what sees to it that nothing is told before is {@link SocketIo}.
 */
export function mayShowTokenLater({ method, path }: Asked, sessions: TransportSessions | undefined): boolean {
  if (sessions === undefined || path !== socketIoPath) return false;
  return method === 'GET' || method === 'POST';
}

/**
 * Whether this body is what a client of the polling transport sends: `text/plain`, which a foreign page could send too, unasked,
 * from a browser that tells neither Origin nor Sec-Fetch-Site. That page cannot know the id of a live session.
 */
export function isPollingMessage(
  { method, path, query }: Asked & { readonly query: URLSearchParams },
  headers: RequestHeaders,
  sessions: TransportSessions | undefined,
): boolean {
  const [sid, ...others] = query.getAll('sid');
  return (
    sessions !== undefined &&
    method === 'POST' &&
    path === socketIoPath &&
    query.get('transport') === 'polling' &&
    sid !== undefined &&
    others.length === 0 &&
    sessions.isLive(sid) &&
    /^text\/plain *(; *charset="?utf-8"?)?$/i.test(headers.only('content-type') ?? '')
  );
}
