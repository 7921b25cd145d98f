import { createHash, timingSafeEqual } from 'node:crypto';
import type { ErrorCode } from '../events/frames.js';
import { err, ok, type Result } from '../primitives/result.js';
import { comesWithTicket, hasSession, isRunControl, isShell, sessionCookies } from './browserGate.js';
import type { BrowserSessions } from './browserSessions.js';
import type { RateLimiter } from './rateLimiter.js';
import { RequestHeaders } from './requestHeaders.js';

/** What a request can need. */
export type Need = 'admin' | 'control' | 'publish' | 'read';

/** What a credential allows. `browser` is a session of the dashboard's page: it looks, and steers runs, nothing more. */
export type Scope = 'admin' | 'publish' | 'read' | 'browser';

const granted: Readonly<Record<Scope, readonly Need[]>> = {
  admin: ['admin', 'control', 'publish', 'read'],
  publish: ['publish'],
  read: ['read'],
  browser: ['control', 'read'],
};

/** What the gate looks at; nothing of the body. */
export interface GateRequest {
  readonly kind: 'request' | 'upgrade';
  readonly method: string;
  readonly target: string;
  /** Address of the other end of the socket. */
  readonly address: string;
  /** Name, value, name, value…, as they came: repeated headers are seen. */
  readonly rawHeaders: readonly string[];
}

export interface GateRules {
  readonly port: number;
  readonly credentials: readonly { readonly digest: Buffer; readonly scope: Scope }[];
  readonly sessions: BrowserSessions;
  readonly requests: RateLimiter;
  readonly failures: RateLimiter;
}

/** A request that may be served. `scope` is undefined on what needs no token. */
export interface Admitted {
  /** As the client calls us, `127.0.0.1:18790`. */
  readonly host: string;
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly scope: Scope | undefined;
  /** A ticket was spent for it: it may have a session. */
  readonly enters: boolean;
}

export interface Refusal {
  readonly status: 400 | 401 | 403 | 413 | 415 | 421 | 429;
  readonly code: ErrorCode;
  readonly message: string;
}

/** Largest body of a request and largest message of a client, in bytes. */
export const maxMessageBytes = 1024 * 1024;

const authPrefix = 'storyloop.auth.';

/**
 * The one gate (invariant 11): the same for a request, an upgrade and `Expect: 100-continue`, asked before a byte of the
 * body is read. In this order: loopback, Host, Origin, Sec-Fetch-Site, rate, token or session and scope, content type, size.
 */
export function passGate(request: GateRequest, rules: GateRules): Result<Admitted, Refusal> {
  const headers = new RequestHeaders(request.rawHeaders);
  if (!isLoopback(request.address)) return refuse(403, 'FORBIDDEN', 'Only this machine may connect');

  const hosts = [`127.0.0.1:${rules.port}`, `localhost:${rules.port}`];
  const host = headers.only('host')?.toLowerCase();
  const target = parseTarget(request.target);
  if (host === undefined || !hosts.includes(host) || (target?.host !== undefined && !hosts.includes(target.host))) {
    return refuse(421, 'FORBIDDEN_HOST', `Host must be ${hosts.join(' or ')}`);
  }
  if (!target) return refuse(400, 'INVALID_PATH', 'The request target is not a path');
  const { path, query } = target;

  if (headers.all('origin').length > 0 && headers.only('origin') !== `http://${host}`) {
    return refuse(403, 'FORBIDDEN_ORIGIN', 'Requests from other pages are refused');
  }
  const asked = { kind: request.kind, method: request.method, path };
  const site = headers.all('sec-fetch-site');
  const isOurs = site.every((value) => value === 'same-origin' || (value === 'none' && isShell(asked)));
  if (!isOurs && !comesWithTicket(asked, query, headers)) {
    return refuse(403, 'FORBIDDEN_ORIGIN', 'Requests that another page causes are refused');
  }

  if (!rules.requests.take(addressKey(request.address))) return refuse(429, 'RATE_LIMITED', 'Too many requests');

  const needed = neededScope(request, path);
  const caller = identify(request, { path, query }, headers, rules);
  // A right token is served even while wrong ones are throttled: nobody may lock the user out by guessing.
  if (caller.scope === undefined && (needed !== undefined || caller.presented)) {
    if (!rules.failures.take(addressKey(request.address)))
      return refuse(429, 'RATE_LIMITED', 'Too many requests without a valid token');
    if (needed !== undefined)
      return refuse(401, 'UNAUTHORIZED', 'A token is required: "Authorization: Bearer <token>", from hub.json');
  }
  if (needed !== undefined && !allows(caller.scope, needed))
    return refuse(403, 'FORBIDDEN', `This token does not allow to ${needed}`);

  const body = checkBody(request, headers);
  const { scope, enters } = caller;
  return body ? err(body) : ok({ host, port: rules.port, method: request.method, path, query, scope, enters });
}

export function allows(scope: Scope | undefined, needed: Need): boolean {
  return scope !== undefined && granted[scope].includes(needed);
}

/** How a token is kept for comparison. */
export function tokenDigest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Undefined: no token needed. The page `/` says then how to get in, or shows itself to who has a session. */
function neededScope({ kind, method }: GateRequest, path: string): Need | undefined {
  if (kind === 'upgrade') return 'read';
  if (method === 'GET') return path === '/health' || path === '/' ? undefined : 'read';
  if (isRunControl({ kind, method, path })) return 'control';
  return path === '/emit' ? 'publish' : 'admin';
}

interface Caller {
  readonly scope: Scope | undefined;
  readonly enters: boolean;
  /** There was a credential, right or wrong. */
  readonly presented: boolean;
}

/** Who asks: by token, else by ticket, else by session. */
function identify(
  request: GateRequest,
  { path, query }: Pick<Admitted, 'path' | 'query'>,
  headers: RequestHeaders,
  rules: GateRules,
): Caller {
  const tokens = presentedTokens(request, headers);
  if (tokens.length > 0) return { scope: commonScope(tokens, rules), enters: false, presented: true };
  const asked = { kind: request.kind, method: request.method, path };
  const ticket = query.get('ticket');
  if (ticket !== null && isShell(asked)) {
    const enters = rules.sessions.spend(ticket);
    if (enters) return { scope: 'browser', enters, presented: true };
  }
  const scope = hasSession(asked, headers, rules) ? 'browser' : undefined;
  const presented = ticket !== null || sessionCookies(headers, rules.port).length > 0;
  return { scope, enters: false, presented };
}

function presentedTokens(request: GateRequest, headers: RequestHeaders): string[] {
  const bearers = headers.all('authorization').map((value) => /^Bearer +(\S+)$/i.exec(value)?.[1] ?? '');
  if (request.kind !== 'upgrade') return bearers;
  const offers = headers.parts('sec-websocket-protocol', ',').filter((offer) => offer.startsWith(authPrefix));
  return [...bearers, ...offers.map((offer) => offer.slice(authPrefix.length))];
}

/** Every token that is presented must be valid; a second, wrong one does not hide behind a right one. */
function commonScope(tokens: readonly string[], rules: GateRules): Scope | undefined {
  const scopes = tokens.map((token) => scopeOf(token, rules));
  return scopes.every((scope) => scope === scopes[0]) ? scopes[0] : undefined;
}

/** Compares with every credential, in constant time, whatever matches. */
function scopeOf(token: string, rules: GateRules): Scope | undefined {
  const digest = tokenDigest(token);
  let found: Scope | undefined;
  for (const credential of rules.credentials) if (timingSafeEqual(digest, credential.digest)) found = credential.scope;
  return found;
}

function checkBody(request: GateRequest, headers: RequestHeaders): Refusal | undefined {
  const length = headers.only('content-length');
  const hasBody = headers.all('transfer-encoding').length > 0 || (length !== undefined && Number(length) !== 0);
  if (request.kind === 'upgrade' || request.method === 'GET') {
    return hasBody ? { status: 413, code: 'TOO_LARGE', message: 'This request takes no body' } : undefined;
  }
  const type = headers.only('content-type');
  const plain = headers.all('content-encoding').every((encoding) => encoding === 'identity');
  if (type === undefined || !/^application\/json *(; *charset="?utf-8"?)?$/i.test(type) || !plain) {
    return { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE', message: 'The body must be application/json, uncompressed' };
  }
  if (length !== undefined && !(Number(length) <= maxMessageBytes)) {
    return { status: 413, code: 'TOO_LARGE', message: `At most ${maxMessageBytes} bytes` };
  }
  return undefined;
}

/** Origin-form or absolute-form; undefined for anything else. */
function parseTarget(target: string): { host?: string; path: string; query: URLSearchParams } | undefined {
  if (target.startsWith('/')) {
    const mark = target.indexOf('?');
    const path = mark < 0 ? target : target.slice(0, mark);
    return { path, query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)) };
  }
  // Anything else names a host of its own, which has to be ours.
  if (!URL.canParse(target)) return undefined;
  const { protocol, host, username, password, pathname, searchParams } = new URL(target);
  if (protocol !== 'http:' || username || password) return { host: '', path: pathname, query: searchParams };
  return { host, path: pathname, query: searchParams };
}

function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '');
  return plain === '::1' || /^127\.\d+\.\d+\.\d+$/.test(plain);
}

/** One machine, one bucket: 127.0.0.2 or an IPv4-mapped spelling is no fresh start. */
function addressKey(address: string): string {
  return isLoopback(address) ? 'loopback' : address;
}

function refuse(status: Refusal['status'], code: ErrorCode, message: string): Result<never, Refusal> {
  return err({ status, code, message });
}
