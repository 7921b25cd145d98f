import assert from 'node:assert/strict';
import { passGate } from '../../../src/gate/gate.js';
import { pageFileTypes } from '../../../src/gate/pageFiles.js';
import { routeNeeds } from '../../../src/gate/routeNeeds.js';
import { get, mayPublish, mayPublishAsCi, mayRead, request, rulesAt, token, type Change } from './gateRig.js';

/** Written down a second time, so that who opens a route has decided it twice. */
const decided = {
  nobody: ['GET /health', 'GET /hello', 'GET /', 'GET /events'],
  read: [
    ...['GET /dashboard.js', 'GET /dashboard.css', 'GET /browser.css', 'GET /codicon.css', 'GET /codicon.ttf'],
    ...['GET /events.js', 'GET /events.css'],
    ...['UPGRADE /', 'UPGRADE /ws', 'GET /stream/progress'],
    ...['GET /socket.io/', 'POST /socket.io/', 'UPGRADE /socket.io/'],
    ...['GET /api/events', 'GET /api/state', 'GET /api/stats', 'GET /api/projects', 'GET /api/projects/*'],
    ...['GET /health/ready', 'GET /metrics', 'GET /files/**'],
    ...['GET /story-descriptions.json', 'GET /sprint-status.yaml', 'GET /orchestrator.md', 'GET /orchestrator.csv'],
  ],
  publish: ['POST /emit'],
  control: ['POST /api/runs/*/*', 'POST /api/history/clear'],
  admin: ['POST /api/tickets'],
};

/** What nobody has named needs everything. */
const unnamed = [
  ...['GET /nowhere', 'GET /api', 'GET /api/state/', 'GET /api/runs/x/pause', 'GET /emit', 'GET /files', 'GET /files/'],
  ...['GET //', 'GET /API/STATE', 'GET /health/', 'GET /api/projects/a/b', 'POST /', 'POST /health', 'POST /api/state'],
  ...['POST /api/runs/x', 'POST /api/runs/x/y/z', 'POST /emit/', 'PUT /emit', 'DELETE /api/events', 'HEAD /api/state'],
  ...['OPTIONS /emit', 'PATCH /api/runs/x/y', 'UPGRADE /emit', 'UPGRADE /stream/progress', 'UPGRADE /ws/', 'TRACE /'],
];

const callers = {
  nobody: 'ABSENT',
  'a reader': `Bearer ${mayRead}`,
  'a publisher': `Bearer ${mayPublish}`,
  'a publisher with a name': `Bearer ${mayPublishAsCi}`,
  'who has the token': `Bearer ${token}`,
};

const mayCome: Record<keyof typeof decided, readonly (keyof typeof callers)[]> = {
  nobody: ['nobody', 'a reader', 'a publisher', 'a publisher with a name', 'who has the token'],
  read: ['a reader', 'who has the token'],
  publish: ['a publisher', 'a publisher with a name', 'who has the token'],
  control: ['who has the token'],
  admin: ['who has the token'],
};

function changeOf(route: string): Change {
  const [method = '', path = ''] = route.split(' ');
  const target = path.replace('**', 'a/b.c').replaceAll('*', 'x');
  return method === 'UPGRADE' ? { kind: 'upgrade', method: 'GET', target } : { method, target };
}

/** Who of all callers is let in. */
function admittedTo(route: string): string[] {
  return Object.entries(callers).flatMap(([name, authorization]) => {
    const headers: [string, string][] = [['Authorization', authorization]];
    return passGate(request({ ...changeOf(route), headers }), rulesAt()).ok ? [name] : [];
  });
}

describe('A file of the page', () => {
  it('has the type without which a browser does not take it', () => {
    const types = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', ttf: 'font/ttf' };
    for (const [path, type] of Object.entries(pageFileTypes))
      assert.equal(type, Object.entries(types).find(([suffix]) => path.endsWith(`.${suffix}`))?.[1], path);
  });
});

describe('A route', () => {
  it('is in the list of what was decided, and the other way round', () => {
    const known = routeNeeds.map(([method, path, need]) => `${need}: ${method} ${path}`);
    const expected = Object.entries(decided).flatMap(([need, routes]) => routes.map((route) => `${need}: ${route}`));
    assert.deepEqual(known.sort(), expected.sort());
  });

  for (const [need, routes] of Object.entries(decided)) {
    it(`that needs "${need}" lets in who has that, and nobody else`, () => {
      for (const route of routes) assert.deepEqual(admittedTo(route), mayCome[need as keyof typeof decided], route);
    });
  }

  it('that is not named is open only to who has the token', () => {
    for (const route of unnamed) assert.deepEqual(admittedTo(route), ['who has the token'], route);
  });

  it('is refused to who may do less, by name', () => {
    const result = passGate(request({ ...get, headers: [['Authorization', `Bearer ${mayPublish}`]] }), rulesAt());
    assert.deepEqual(result.ok ? 'admitted' : [result.error.status, result.error.code], [403, 'FORBIDDEN']);
  });
});
