const STORED_KEY = 'storyloop.page';

/** The session's page key, which the entrance put behind `#`. From there it goes where only this origin can read it. */
export function takePageKey(): string {
  const [, brought] = /^#key=([\w-]{43})$/.exec(location.hash) ?? [];
  if (brought !== undefined) localStorage.setItem(STORED_KEY, brought);
  // A link with a ticket, or a key, is not what anybody should keep.
  history.replaceState(null, '', location.pathname);
  return brought ?? localStorage.getItem(STORED_KEY) ?? '';
}

/** How the page reaches the hub that it came from; the cookie goes along by itself. */
export class HubAccess {
  constructor(private readonly pageKey: string) {}

  socket(): WebSocket {
    return new WebSocket(`ws://${location.host}/ws`, ['storyloop.v1', `storyloop.page.${this.pageKey}`]);
  }

  get(route: string): Promise<Response> {
    return fetch(route, { headers: { 'Storyloop-Page': this.pageKey }, cache: 'no-store' });
  }

  post(route: string, body: object): Promise<Response> {
    return fetch(route, {
      method: 'POST',
      headers: { 'Storyloop-Page': this.pageKey, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
  }
}

/** The hub does not know this session (any more): trying again is of no use. */
export const isSessionOver = ({ status }: Response): boolean => status === 401 || status === 403;

export const SESSION_OVER =
  'This session has ended. Run “Storyloop: Open dashboard in browser” in VS Code, or “storyloop dashboard” in a terminal.';
