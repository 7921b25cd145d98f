import type { ErrorCode } from '../events/frames.js';
import { err, ok, type Result } from '../primitives/result.js';
import { comesWithTicket, hasSession, isShell, sessionCookies } from './browserGate.js';
import type { BrowserSessions } from './browserSessions.js';
import type { Credentials } from './credentials.js';
import { addressKey, hostsOf, isLoopback, type Door } from './door.js';
import type { RateLimiter } from './rateLimiter.js';
import { RequestHeaders } from './requestHeaders.js';
import { parseTarget } from './requestTarget.js';
import { needOf } from './routeNeeds.js';
import { allows, type Grant, type Need, type Scope } from './scopes.js';
import { isPollingMessage, mayShowTokenLater, type TransportSessions } from './socketIoGate.js';

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
  readonly door: Door;
  readonly credentials: Credentials;
  readonly sessions: BrowserSessions;
  readonly requests: RateLimiter;
  readonly failures: RateLimiter;
  /** Of a person's own pages, as browsers write them. */
  readonly allowedOrigins: readonly string[];
  /** Who shows nothing may read and publish. */
  readonly allowTokenless: boolean;
  /** Absent: Socket.IO is not served. */
  readonly socketIo?: TransportSessions;
}

/** A request that may be served. `scope` is undefined on what needs no token. */
export interface Admitted {
  readonly scheme: 'http' | 'https';
  /** As the client calls us, `127.0.0.1:18790`. */
  readonly host: string;
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly scope: Scope | undefined;
  /** The one name under which it may publish; undefined: any. */
  readonly publisher: string | undefined;
  /** A ticket was spent for it: it may have a session. */
  readonly enters: boolean;
  /** A page of this allowed origin asks, and may read the answer. */
  readonly origin: string | undefined;
  /** That page's browser only asks what it may send. */
  readonly isPreflight: boolean;
}

export interface Refusal {
  readonly status: 400 | 401 | 403 | 413 | 415 | 421 | 429;
  readonly code: ErrorCode;
  readonly message: string;
  /** An allowed page that may read why. */
  readonly origin?: string;
}

/** Largest body of a request and largest message of a client, in bytes. */
export const maxMessageBytes = 1024 * 1024;

const authPrefix = 'storyloop.auth.';

/** A request that came on a way that is allowed, from whoever. */
type Arrived = Omit<Admitted, 'scope' | 'publisher' | 'enters'> & {
  readonly kind: GateRequest['kind'];
  readonly headers: RequestHeaders;
};

/**
 * The one gate (invariant 11): the same for a request, an upgrade and `Expect: 100-continue`, asked before a byte of the
 * body is read. In this order: loopback, Host, Origin, Sec-Fetch-Site, rate, token or session and scope, content type, size.
 */
export function passGate(request: GateRequest, rules: GateRules): Result<Admitted, Refusal> {
  const arrived = checkWay(request, rules);
  if (!arrived.ok) return arrived;
  const { origin } = arrived.value;
  const admitted = checkCaller(request, arrived.value, rules);
  return admitted.ok || origin === undefined ? admitted : err({ ...admitted.error, origin });
}

function checkWay(request: GateRequest, rules: GateRules): Result<Arrived, Refusal> {
  const { kind, method, address } = request;
  const { door, allowedOrigins } = rules;
  const headers = new RequestHeaders(request.rawHeaders);
  if (door.loopbackOnly && !isLoopback(address)) return refuse(403, 'FORBIDDEN', 'Only this machine may connect');

  const hosts = hostsOf(door);
  const called = headers.only('host')?.toLowerCase();
  const host = hosts.find((one) => one === called);
  const target = parseTarget(request.target, door.scheme);
  if (host === undefined || (target?.host !== undefined && !hosts.includes(target.host))) {
    return refuse(421, 'FORBIDDEN_HOST', `Host must be ${hosts.join(' or ')}`);
  }
  if (!target) return refuse(400, 'INVALID_PATH', 'The request target is not a path');
  const { path, query } = target;

  const said = headers.only('origin');
  const isOwn = headers.all('origin').length === 0 || said === `${door.scheme}://${host}`;
  const origin = isOwn ? undefined : allowedOrigins.find((allowed) => allowed === said);
  if (!isOwn && origin === undefined) return refuse(403, 'FORBIDDEN_ORIGIN', 'Requests from other pages are refused');
  const asked = { kind, method, path };
  const site = headers.all('sec-fetch-site');
  const isOurs = site.every((value) => value === 'same-origin' || (value === 'none' && isShell(asked)));
  if (!isOurs && origin === undefined && !comesWithTicket(asked, query, headers)) {
    return refuse(403, 'FORBIDDEN_ORIGIN', 'Requests that another page causes are refused');
  }
  // Browsers send no token with it, and learn from it only what any allowed page may know.
  const isPreflight =
    origin !== undefined && method === 'OPTIONS' && headers.only('access-control-request-method') !== undefined;
  return ok({ scheme: door.scheme, host, port: door.port, ...asked, query, origin, isPreflight, headers });
}

function checkCaller(request: GateRequest, arrived: Arrived, rules: GateRules): Result<Admitted, Refusal> {
  const { headers, kind, ...about } = arrived;
  const { method, path, query, isPreflight } = about;
  const address = addressKey(request.address);
  if (!rules.requests.take(address)) return refuse(429, 'RATE_LIMITED', 'Too many requests');
  if (isPreflight) return ok({ ...about, scope: undefined, publisher: undefined, enters: false });

  const needed = needOf(kind, method, path);
  const { grant, presented, enters } = identify(request, arrived, rules, needed);
  // A right token is served even while wrong ones are throttled: nobody may lock the user out by guessing.
  const isLater = !presented && mayShowTokenLater({ method, path }, rules.socketIo);
  if (!grant && !isLater && (needed !== undefined || presented)) {
    if (!rules.failures.take(address)) return refuse(429, 'RATE_LIMITED', 'Too many requests without a valid token');
    if (needed !== undefined)
      return refuse(401, 'UNAUTHORIZED', 'A token is required: "Authorization: Bearer <token>", from hub.json');
  }
  if (grant && needed !== undefined && !allows(grant.scope, needed))
    return refuse(403, 'FORBIDDEN', `This token does not allow to ${needed}`);
  const publisher = grant?.publisher;
  if (publisher !== undefined && query.getAll('publisher').some((name) => name !== publisher))
    return refuse(403, 'FORBIDDEN', `This token publishes only as "${publisher}"`);

  const isMessage = isPollingMessage({ method, path, query }, headers, rules.socketIo);
  const body = checkBody({ kind, method }, headers, isMessage);
  return body ? err(body) : ok({ ...about, scope: grant?.scope, publisher, enters });
}

/** A token that is shown inside a connection that came through the gate without one. */
export function passLateToken(
  token: string,
  address: string,
  { credentials, failures }: Pick<GateRules, 'credentials' | 'failures'>,
): Result<Scope, Refusal> {
  const scope = credentials.identify(token)?.scope;
  if (scope === undefined && !failures.take(addressKey(address)))
    return refuse(429, 'RATE_LIMITED', 'Too many requests without a valid token');
  if (scope === undefined) return refuse(401, 'UNAUTHORIZED', 'This is not the token that stands in hub.json');
  return allows(scope, 'read') ? ok(scope) : refuse(403, 'FORBIDDEN', 'This token does not allow to read');
}

interface Caller {
  readonly grant: Grant | undefined;
  readonly enters: boolean;
  /** There was a credential, right or wrong. */
  readonly presented: boolean;
}

/** Who asks: by token, else by ticket, else by session. */
function identify(
  request: GateRequest,
  { kind, method, path, query, headers, origin, port }: Arrived,
  rules: GateRules,
  needed: Need | undefined,
): Caller {
  const [token, ...others] = presentedTokens(request, headers);
  if (token !== undefined) {
    // All must be the same valid one; a second, wrong one does not hide behind a right one.
    const grant = others.every((other) => other === token) ? rules.credentials.identify(token) : undefined;
    return { grant, enters: false, presented: true };
  }
  const asked = { kind, method, path };
  const ticket = query.get('ticket');
  if (ticket !== null && isShell(asked)) {
    const enters = rules.sessions.spend(ticket);
    if (enters) return { grant: { scope: 'browser' }, enters, presented: true };
  }
  // A session is of the hub's own page: another one, allowed or not, has to show a token.
  const sessions = { sessions: rules.sessions, port };
  const hasOwn = origin === undefined && hasSession(asked, headers, sessions);
  if (hasOwn) return { grant: { scope: 'browser' }, enters: false, presented: true };
  const presented = ticket !== null || sessionCookies(headers, port).length > 0;
  const isOpen = rules.allowTokenless && rules.door.loopbackOnly && origin === undefined && !presented;
  if (isOpen && needed !== undefined && allows('tokenless', needed))
    return { grant: { scope: 'tokenless' }, enters: false, presented };
  return { grant: undefined, enters: false, presented };
}

function presentedTokens(request: GateRequest, headers: RequestHeaders): string[] {
  const bearers = headers.all('authorization').map((value) => /^Bearer +(\S+)$/i.exec(value)?.[1] ?? '');
  if (request.kind !== 'upgrade') return bearers;
  const offers = headers.parts('sec-websocket-protocol', ',').filter((offer) => offer.startsWith(authPrefix));
  return [...bearers, ...offers.map((offer) => offer.slice(authPrefix.length))];
}

function checkBody(
  { kind, method }: Pick<Arrived, 'kind' | 'method'>,
  headers: RequestHeaders,
  isMessage: boolean,
): Refusal | undefined {
  const length = headers.only('content-length');
  const hasBody = headers.all('transfer-encoding').length > 0 || (length !== undefined && Number(length) !== 0);
  if (kind === 'upgrade' || method === 'GET') {
    return hasBody ? { status: 413, code: 'TOO_LARGE', message: 'This request takes no body' } : undefined;
  }
  const type = headers.only('content-type') ?? '';
  const plain = headers.all('content-encoding').every((encoding) => encoding === 'identity');
  if (!(jsonType.test(type) || isMessage) || !plain) {
    return { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE', message: 'The body must be application/json, uncompressed' };
  }
  if (length !== undefined && !(Number(length) <= maxMessageBytes)) {
    return { status: 413, code: 'TOO_LARGE', message: `At most ${maxMessageBytes} bytes` };
  }
  return undefined;
}

const jsonType = /^application\/json *(; *charset="?utf-8"?)?$/i;

function refuse(status: Refusal['status'], code: ErrorCode, message: string): Result<never, Refusal> {
  return err({ status, code, message });
}
