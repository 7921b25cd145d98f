/** What a request can need. */
export type Need = 'admin' | 'control' | 'publish' | 'read';

/**
 * What a credential allows. `browser` is a session of the dashboard's page: it looks, and steers runs, nothing more.
 * `tokenless` is who shows nothing, where a person has allowed that.
 */
export type Scope = 'admin' | 'publish' | 'read' | 'browser' | 'tokenless';

/** Whom a token stands for. */
export interface Grant {
  readonly scope: Scope;
  /** It publishes under this name and no other. */
  readonly publisher?: string;
}

const granted: Readonly<Record<Scope, readonly Need[]>> = {
  admin: ['admin', 'control', 'publish', 'read'],
  publish: ['publish'],
  read: ['read'],
  browser: ['control', 'read'],
  tokenless: ['publish', 'read'],
};

export function allows(scope: Scope | undefined, needed: Need): boolean {
  return scope !== undefined && granted[scope].includes(needed);
}
