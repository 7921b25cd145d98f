import type { BrowserSessions } from './browserSessions.js';
import { cookieName } from './browserSessions.js';
import { isPage, isPageFile } from './pageFiles.js';
import type { RequestHeaders } from './requestHeaders.js';

/** Offered as a subprotocol, followed by the page key: a browser's WebSocket sets no headers. */
export const pageProtocolPrefix = 'storyloop.page.';
export const pageKeyHeader = 'storyloop-page';

interface BrowserRequest {
  readonly kind: 'request' | 'upgrade';
  readonly method: string;
  readonly path: string;
}

/** What of the pages a request is for; undefined: nothing of them. A session serves for nothing else. */
type Use = 'shell' | 'file' | 'read' | 'control' | 'socket';

export function isShell({ kind, method, path }: BrowserRequest): boolean {
  return kind === 'request' && method === 'GET' && isPage(path);
}

const readByPages: ReadonlySet<string> = new Set(['/api/state', '/api/events', '/api/stats']);

/** `POST /api/runs/{id}/{intent}` */
function isRunControl({ method, path }: BrowserRequest): boolean {
  return method === 'POST' && /^\/api\/runs\/[^/]+\/[a-z]+$/.test(path);
}

/** Whether the page of a top-level window is asked for with a ticket. Only then does it not matter who led there. */
export function comesWithTicket(request: BrowserRequest, query: URLSearchParams, headers: RequestHeaders): boolean {
  const isNavigation = headers.only('sec-fetch-mode') === 'navigate' && headers.only('sec-fetch-dest') === 'document';
  return isShell(request) && query.has('ticket') && isNavigation;
}

/** Whether a request carries a session and comes from where that session's page is. Host and Origin were checked. */
export function hasSession(
  request: BrowserRequest,
  headers: RequestHeaders,
  { sessions, port }: { readonly sessions: BrowserSessions; readonly port: number },
): boolean {
  const use = useOf(request);
  if (use === undefined || !comesFromPage(use, headers)) return false;
  const cookie = sessionCookies(headers, port).find((value) => sessions.isValid(value, port));
  if (cookie === undefined) return false;
  if (use === 'shell' || use === 'file') return true;
  const key = use === 'socket' ? offeredKey(headers) : headers.only(pageKeyHeader);
  return key !== undefined && sessions.isPageKey(key, cookie, port);
}

/** Values of the cookies with our name: another port of this host may have set a second one. */
export function sessionCookies(headers: RequestHeaders, port: number): string[] {
  const prefix = `${cookieName(port)}=`;
  return headers.parts('cookie', ';').flatMap((part) => (part.startsWith(prefix) ? [part.slice(prefix.length)] : []));
}

function useOf(request: BrowserRequest): Use | undefined {
  const { kind, method, path } = request;
  if (kind === 'upgrade') return path === '/ws' ? 'socket' : undefined;
  if (isShell(request)) return 'shell';
  if (isRunControl(request)) return 'control';
  if (method !== 'GET') return undefined;
  if (isPageFile(path)) return 'file';
  return readByPages.has(path) ? 'read' : undefined;
}

/** The one gate let through no foreign Origin; a browser that sends neither header proves nothing. */
function comesFromPage(use: Use, headers: RequestHeaders): boolean {
  const hasOrigin = headers.only('origin') !== undefined;
  const site = headers.only('sec-fetch-site');
  switch (use) {
    case 'shell':
      return site === 'none' || site === 'same-origin';
    case 'file':
      return site === 'same-origin';
    case 'read':
      return hasOrigin || site === 'same-origin';
    case 'control':
    case 'socket':
      return hasOrigin;
  }
}

function offeredKey(headers: RequestHeaders): string | undefined {
  const offers = headers.parts('sec-websocket-protocol', ',').filter((offer) => offer.startsWith(pageProtocolPrefix));
  const [offer, ...others] = offers;
  return others.length === 0 ? offer?.slice(pageProtocolPrefix.length) : undefined;
}
