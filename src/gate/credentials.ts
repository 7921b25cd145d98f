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
  return signed(token, name);
}

/** The tokens that are good: the hub's own and what is derived from it. Without one, none. */
export class Credentials {
  constructor(private readonly token: string | undefined) {}

  /** In a time that tells nothing of the right one. */
  identify(presented: string): Grant | undefined {
    if (this.token === undefined) return undefined;
    if (isSame(presented, this.token)) return { scope: 'admin' };
    const name = presented.slice(0, presented.lastIndexOf('.'));
    return isSame(presented, signed(this.token, name)) ? grantOf(name) : undefined;
  }
}

const publishAs = 'publish.';

/** What a name stands for that is signed: not every one that could be is one. */
function grantOf(name: string): Grant | undefined {
  if (name === 'read' || name === 'publish') return { scope: name };
  const publisher = name.startsWith(publishAs) ? name.slice(publishAs.length) : '';
  return publisherName.test(publisher) ? { scope: 'publish', publisher } : undefined;
}

const signed = (token: string, name: string): string => `${name}.${signatureOf(token, name)}`;

const isSame = (one: string, other: string): boolean => timingSafeEqual(digestOf(one), digestOf(other));

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

const signatureOf = (token: string, name: string): string =>
  createHmac('sha256', token).update(`storyloop token ${name}`).digest('base64url');
