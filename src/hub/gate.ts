import { createHash, timingSafeEqual } from 'node:crypto';
import type { ErrorCode } from '../events/frames.js';
import { err, ok, type Result } from '../primitives/result.js';
import type { RateLimiter } from './rateLimiter.js';

/** What a credential allows. `admin` includes the others. */
export type Scope = 'admin' | 'publish' | 'read';

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
  readonly requests: RateLimiter;
  readonly failures: RateLimiter;
}

/** A request that may be served. `scope` is undefined on what needs no token. */
export interface Admitted {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly scope: Scope | undefined;
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
 * body is read. In this order: loopback, Host, Origin, Sec-Fetch-Site, rate, token and scope, content type and size.
 */
export function passGate(request: GateRequest, rules: GateRules): Result<Admitted, Refusal> {
  const headers = new Headers(request.rawHeaders);
  if (!isLoopback(request.address)) return refuse(403, 'FORBIDDEN', 'Only this machine may connect');

  const hosts = [`127.0.0.1:${rules.port}`, `localhost:${rules.port}`];
  const host = headers.only('host')?.toLowerCase();
  const target = parseTarget(request.target);
  if (host === undefined || !hosts.includes(host) || (target?.host !== undefined && !hosts.includes(target.host))) {
    return refuse(421, 'FORBIDDEN_HOST', `Host must be ${hosts.join(' or ')}`);
  }
  if (!target) return refuse(400, 'NOT_FOUND', 'The request target is not a path');
  const { path, query } = target;

  if (headers.all('origin').length > 0 && headers.only('origin') !== `http://${host}`) {
    return refuse(403, 'FORBIDDEN_ORIGIN', 'Requests from other pages are refused');
  }
  const site = headers.all('sec-fetch-site');
  const isPage = request.kind === 'request' && request.method === 'GET' && path === '/';
  if (!site.every((value) => value === 'same-origin' || (value === 'none' && isPage))) {
    return refuse(403, 'FORBIDDEN_ORIGIN', 'Requests that another page causes are refused');
  }

  if (!rules.requests.take(addressKey(request.address))) return refuse(429, 'RATE_LIMITED', 'Too many requests');

  const needed = neededScope(request, path);
  let scope: Scope | undefined;
  if (needed !== undefined) {
    scope = authenticate(request, headers, rules);
    // A right token is served even while wrong ones are throttled: nobody may lock the user out by guessing.
    if (scope === undefined) {
      return rules.failures.take(addressKey(request.address))
        ? refuse(401, 'UNAUTHORIZED', 'A token is required: "Authorization: Bearer <token>", from hub.json')
        : refuse(429, 'RATE_LIMITED', 'Too many requests without a valid token');
    }
    if (!allows(scope, needed)) return refuse(403, 'FORBIDDEN', `This token does not allow to ${needed}`);
  }

  const body = checkBody(request, headers);
  return body ? err(body) : ok({ method: request.method, path, query, scope });
}

export function allows(scope: Scope | undefined, needed: Scope): boolean {
  return scope === 'admin' || scope === needed;
}

/** How a token is kept for comparison. */
export function tokenDigest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Undefined: no token needed. */
function neededScope({ kind, method }: GateRequest, path: string): Scope | undefined {
  if (kind === 'upgrade') return 'read';
  if (method === 'GET') return path === '/health' ? undefined : 'read';
  return path === '/emit' ? 'publish' : 'admin';
}

/** Every credential that is presented must be valid; a second, wrong one does not hide behind a right one. */
function authenticate(request: GateRequest, headers: Headers, rules: GateRules): Scope | undefined {
  const presented = headers.all('authorization').map((value) => /^Bearer +(\S+)$/i.exec(value)?.[1] ?? '');
  if (request.kind === 'upgrade') {
    const offers = headers
      .all('sec-websocket-protocol')
      .flatMap((value) => value.split(',').map((part) => part.trim()));
    for (const offer of offers) if (offer.startsWith(authPrefix)) presented.push(offer.slice(authPrefix.length));
  }
  const scopes = presented.map((token) => scopeOf(token, rules));
  return scopes.length > 0 && scopes.every((scope) => scope === scopes[0]) ? scopes[0] : undefined;
}

/** Compares with every credential, in constant time, whatever matches. */
function scopeOf(token: string, rules: GateRules): Scope | undefined {
  const digest = tokenDigest(token);
  let found: Scope | undefined;
  for (const credential of rules.credentials) if (timingSafeEqual(digest, credential.digest)) found = credential.scope;
  return found;
}

function checkBody(request: GateRequest, headers: Headers): Refusal | undefined {
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

class Headers {
  constructor(private readonly raw: readonly string[]) {}

  all(name: string): string[] {
    return this.raw.filter((_, index) => index % 2 === 1 && this.raw[index - 1]?.toLowerCase() === name);
  }

  /** Undefined when absent or repeated. */
  only(name: string): string | undefined {
    const values = this.all(name);
    return values.length === 1 ? values[0] : undefined;
  }
}
