import { pageFileTypes, pagePaths } from './pageFiles.js';
import type { Need } from './scopes.js';

export type RouteMethod = 'GET' | 'POST' | 'UPGRADE';

/** `*` is one segment of a path, `**` at its end whatever is beneath. `nobody`: no token is needed. */
export type RouteNeed = readonly [method: RouteMethod, path: string, need: Need | 'nobody'];

/** What each route needs. What is not named here needs everything, so that a route that was forgotten here is closed. */
export const routeNeeds: readonly RouteNeed[] = [
  ['GET', '/health', 'nobody'],
  ['GET', '/hello', 'nobody'],
  // They say how to get in, or show themselves to who has a session.
  ...pagePaths.map((path): RouteNeed => ['GET', path, 'nobody']),
  ...Object.keys(pageFileTypes).map((path): RouteNeed => ['GET', path, 'read']),

  ['UPGRADE', '/', 'read'],
  ['UPGRADE', '/ws', 'read'],
  ['GET', '/stream/progress', 'read'],
  ['POST', '/emit', 'publish'],

  ['GET', '/api/events', 'read'],
  ['GET', '/api/state', 'read'],
  ['GET', '/api/stats', 'read'],
  ['GET', '/api/projects', 'read'],
  ['GET', '/api/projects/*', 'read'],
  ['GET', '/health/ready', 'read'],
  ['GET', '/metrics', 'read'],
  ['GET', '/story-descriptions.json', 'read'],
  ['GET', '/sprint-status.yaml', 'read'],
  ['GET', '/orchestrator.md', 'read'],
  ['GET', '/orchestrator.csv', 'read'],
  ['GET', '/files/**', 'read'],

  ['POST', '/api/runs/*/*', 'control'],
  ['POST', '/api/history/clear', 'control'],
  ['POST', '/api/tickets', 'admin'],

  // Its clients may show their token later, in the first packet, which is no header (gate/socketIoGate.ts).
  ['GET', '/socket.io/', 'read'],
  ['POST', '/socket.io/', 'read'],
  ['UPGRADE', '/socket.io/', 'read'],
];

const routes = routeNeeds.map(([method, path, need]) => ({ method, pattern: patternOf(path), need }));

/** Undefined: no token is needed. */
export function needOf(kind: 'request' | 'upgrade', method: string, path: string): Need | undefined {
  const asked = kind === 'upgrade' ? 'UPGRADE' : method;
  const need = routes.find((route) => route.method === asked && route.pattern.test(path))?.need ?? 'admin';
  return need === 'nobody' ? undefined : need;
}

function patternOf(path: string): RegExp {
  const escaped = path.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replace('**', '.+').replaceAll('*', '[^/]+')}$`);
}
