import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { publisherName } from '../events/publisher.js';
import type { Grant } from './scopes.js';

/** What a token that is not the hub's own can be made for. */
export type TokenScope = 'publish' | 'read';

/**
 * A token that allows one thing, `read.…`, `publish.…` or `publish.<name>.…`. It is derived from the hub's token, so that
 * the hub knows it without keeping it, and a new token of the hub ends it.
 */
export function scopedToken(token: string, scope: TokenScope, publisher?: string): string {
  const name = publisher === undefined ? scope : `${scope}.${publisher}`;
  return `${name}.${signatureOf(token, name)}`;
}

/** The tokens that are good: the hub's own and what is derived from it. Without one, none. */
export class Credentials {
  readonly #digest: Buffer | undefined;

  constructor(private readonly token: string | undefined) {
    this.#digest = token === undefined ? undefined : digestOf(token);
  }

  /** In a time that tells nothing of the right one. */
  identify(presented: string): Grant | undefined {
    if (this.token === undefined || this.#digest === undefined) return undefined;
    if (timingSafeEqual(digestOf(presented), this.#digest)) return { scope: 'admin' };
    const [, scope, publisher] = /^(read|publish)(?:\.([a-z0-9-]+))?\.[\w-]{43}$/.exec(presented) ?? [];
    if (scope === 'read' && publisher === undefined) return this.#isDerived(presented, 'read') ? { scope } : undefined;
    if (scope !== 'publish') return undefined;
    if (publisher === undefined) return this.#isDerived(presented, 'publish') ? { scope } : undefined;
    if (!publisherName.test(publisher)) return undefined;
    return this.#isDerived(presented, 'publish', publisher) ? { scope, publisher } : undefined;
  }

  #isDerived(presented: string, scope: TokenScope, publisher?: string): boolean {
    const right = scopedToken(this.token ?? '', scope, publisher);
    return timingSafeEqual(digestOf(presented), digestOf(right));
  }
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

const signatureOf = (token: string, name: string): string =>
  createHmac('sha256', token).update(`storyloop token ${name}`).digest('base64url');
