import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../primitives/clock.js';

export const ticketLifeMs = 60_000;
const sessionLifeMs = 7 * 24 * 60 * 60_000;
/** Tickets that may be open at a time; the oldest of more are forgotten. */
const maxTickets = 100;

/** A session as a browser keeps it. */
export interface NewSession {
  readonly cookie: string;
  /** Goes to the page, not into the cookie: see {@link BrowserSessions}. */
  readonly pageKey: string;
  readonly maxAgeSeconds: number;
}

/**
 * Lets a person's browser in: a ticket, good once and for a minute, is exchanged for a session of a week.
 *
 * The cookie is signed with a key made of the hub's token and kept nowhere: any later hub of this user on that port knows
 * it, and a new token ends it. Browsers show a cookie to every port of a host, so it opens only the empty page; data and
 * control also need the page key, which the browser keeps for this one port.
 */
export class BrowserSessions {
  #key: Buffer;
  /** Ticket → when it ends, on the monotonic clock. */
  readonly #tickets = new Map<string, number>();

  constructor(
    token: string,
    private readonly clock: Clock,
  ) {
    this.#key = keyOf(token);
  }

  /** Ends every ticket and session that another token stood for; without a token nobody has one. */
  useToken(token: string | undefined): void {
    this.#key = token === undefined ? randomBytes(32) : keyOf(token);
    this.#tickets.clear();
  }

  issueTicket(): string {
    const ticket = randomBytes(32).toString('base64url');
    this.#tickets.set(ticket, this.clock.monotonic() + ticketLifeMs);
    const [oldest] = this.#tickets.keys();
    if (oldest !== undefined && this.#tickets.size > maxTickets) this.#tickets.delete(oldest);
    return ticket;
  }

  /** Whether `ticket` was good; from now on it is not. */
  spend(ticket: string): boolean {
    const ends = this.#tickets.get(ticket);
    this.#tickets.delete(ticket);
    return ends !== undefined && this.clock.monotonic() < ends;
  }

  open(port: number): NewSession {
    const ends = Math.floor((this.clock.now() + sessionLifeMs) / 1_000);
    const claim = `${ends}.${randomBytes(16).toString('base64url')}`;
    const cookie = `${claim}.${this.#sign('cookie', port, claim)}`;
    return { cookie, pageKey: this.#sign('page', port, cookie), maxAgeSeconds: sessionLifeMs / 1_000 };
  }

  /** Whether the cookie was made for this port by a hub with this token, and has not ended. */
  isValid(cookie: string, port: number): boolean {
    const [, ends = '', id = '', signature = ''] = /^(\d{1,12})\.([\w-]{22})\.([\w-]{43})$/.exec(cookie) ?? [];
    const claim = `${ends}.${id}`;
    return isSame(signature, this.#sign('cookie', port, claim)) && this.clock.now() < Number(ends) * 1_000;
  }

  /** Whether `key` was given to the page of the session `cookie`. */
  isPageKey(key: string, cookie: string, port: number): boolean {
    return isSame(key, this.#sign('page', port, cookie));
  }

  #sign(purpose: 'cookie' | 'page', port: number, text: string): string {
    return createHmac('sha256', this.#key).update(`${purpose} ${port} ${text}`).digest('base64url');
  }
}

/** Browsers send the cookies of all ports of a host: each has a name of its own. */
export function cookieName(port: number): string {
  return `storyloop-${port}`;
}

function keyOf(token: string): Buffer {
  return createHmac('sha256', token).update('storyloop browser session').digest();
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
