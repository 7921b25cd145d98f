/** What a request line asks for. `host` only where the client named one there. */
export interface RequestTarget {
  readonly host?: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Origin-form or absolute-form; undefined for anything else. */
export function parseTarget(target: string, scheme: 'http' | 'https'): RequestTarget | undefined {
  if (target.startsWith('/')) {
    const mark = target.indexOf('?');
    const end = mark < 0 ? target.length : mark;
    return { path: target.slice(0, end), query: new URLSearchParams(target.slice(end)) };
  }
  // Anything else names a host of its own, which has to be ours.
  if (!URL.canParse(target)) return undefined;
  const { protocol, host, username, password, pathname, searchParams } = new URL(target);
  if (protocol !== `${scheme}:` || username || password) return { host: '', path: pathname, query: searchParams };
  return { host, path: pathname, query: searchParams };
}
