import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { WebSocket } from 'ws';
import { Disposables } from '../../src/primitives/disposables.js';
import { startRun, type CommandLine } from '../rig/commandLine.js';
import { until } from '../rig/waiting.js';
import { attack, attackByWindow, type Loot } from './attacks.js';
import { ForeignServer } from './foreignServer.js';
import { OpenDashboard } from './servedDashboard.js';

const REBOUND = 'evil.example';
const rebinding = `--host-resolver-rules=MAP ${REBOUND} 127.0.0.1`;
/** The browser's own defence has gaps, and other browsers have none: where it would step in, it is off. */
const undefended = '--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets';

describe('A foreign page, in the browser that has a session', function () {
  this.timeout(120_000);

  // One dashboard, run and foreign server for all: nobody gets anywhere, so each finds them as the one before did.
  const owned = new Disposables();
  let opened: OpenDashboard;
  let foreign: ForeignServer;
  let run: CommandLine;
  let runId: string;
  let untouched: Traces;

  /** The dashboard shows a run in the middle of its second story, which goes on when `../go` is there. */
  before(async () => {
    const attempts = [[{ do: 'wait-for', file: 'go' } as const, { do: 'write', path: 'x', content: 'x' } as const]];
    const stories = [{ id: 'US-1' }, { id: 'US-2', attempts }];
    opened = owned.use(await OpenDashboard.open(stories, { flags: [rebinding, undefended] }));
    foreign = owned.use(await new ForeignServer().listen());
    run = startRun(opened.workspace);
    const midway = await run.event('command.started', ({ data }) => data['task_id'] === 'US-2-1-agent');
    runId = midway.run_id ?? '';
    await until('the hub to know it', async () => (await opened.hub.log(runId)).some(({ id }) => id === midway.id));
    await opened.showsAll(runId);
    untouched = await traces();
    assert.deepEqual(untouched.wishes, []);
  });
  afterEach(() => {
    foreign.disconnect();
  });
  after(() => owned[Symbol.asyncDispose]());

  interface Traces {
    readonly cursor: string;
    readonly wishes: readonly string[];
    readonly websockets: number;
    readonly streams: number;
  }

  /** Everything that a request can leave behind in the hub and in the run. */
  async function traces(): Promise<Traces> {
    const { cursor, websockets, streams } = await opened.hub.get<Traces>('/api/stats');
    const inbox = path.join(opened.workspace.root, '.git', 'storyloop', 'runs', runId, 'inbox');
    return { cursor, websockets, streams, wishes: await readdir(inbox).catch(() => []) };
  }

  async function refusals(): Promise<number> {
    const { refused } = await opened.hub.get<{ refused: Record<string, number> }>('/api/stats');
    return Object.values(refused).reduce((sum, count) => sum + count, 0);
  }

  async function pageFrom(host: string): Promise<Page> {
    const page = await opened.context.newPage();
    await page.goto(`http://${host}:${foreign.port}/`);
    return page;
  }

  const gained = (loot: Loot): [string, string][] => Object.entries(loot).filter(([, got]) => got !== '');

  // First: who was refused often is refused more harshly for a while.
  it('has a server that is shown the cookie, and can do nothing with it', async () => {
    await pageFrom('127.0.0.1');
    const { value } = (await opened.cookie()) ?? {};
    const cookie = foreign.cookies.find((shown) => shown.includes(`${opened.cookieName}=${value}`));
    assert.ok(cookie, 'a browser shows the cookies of a host to all of its ports');

    // A program, no page: it may say whatever it wants about where it comes from.
    const { origin } = opened.hub;
    const forged = {
      Cookie: cookie,
      Origin: origin,
      'Sec-Fetch-Site': 'same-origin',
      'Content-Type': 'application/json',
    };
    for (const route of ['/api/state', '/api/events', '/api/stats', '/stream/progress']) {
      assert.equal((await fetch(origin + route, { headers: forged })).status, 401, route);
    }
    for (const route of ['/emit', '/api/tickets', `/api/runs/${runId}/pause`]) {
      const posted = await fetch(origin + route, { method: 'POST', headers: forged, body: '{}' });
      assert.equal(posted.status, 401, route);
    }
    const shell = await (await fetch(`${origin}/`, { headers: forged })).text();
    assert.match(shell, /dashboard\.js/);
    assert.doesNotMatch(shell, /US-1|run_|key=/);
    const status = await new Promise((resolve) => {
      const socket = new WebSocket(`${origin.replace('http', 'ws')}/ws`, ['storyloop.v1'], { headers: forged });
      socket.on('open', () => {
        resolve(101);
      });
      socket.on('unexpected-response', (_request, response) => {
        resolve(response.statusCode);
        socket.terminate();
      });
      socket.on('error', () => {});
    });
    assert.equal(status, 401);
    assert.deepEqual(await traces(), untouched);
  });

  it('reads nothing and changes nothing, whatever it tries from another port or under another name', async () => {
    const { port } = opened.hub.discovery;
    const refused = await refusals();
    const pages = await Promise.all(['127.0.0.1', 'localhost', REBOUND].map(pageFrom));
    const pairs = pages.flatMap((page) => ['127.0.0.1', 'localhost'].map((host) => [page, host] as const));
    await Promise.all(
      pairs.map(async ([page, host]) => {
        const loot = await attack(page, `http://${host}:${port}`, runId);
        assert.deepEqual(gained(loot), [], `${page.url()} against ${host}`);
        assert.ok(Object.keys(loot).length > 50);
      }),
    );
    assert.ok((await refusals()) - refused >= 40 * pairs.length, 'the attacks got as far as the gate');
    assert.deepEqual(await traces(), untouched);
  });

  it('shows nothing in a window that it opens on the hub, and changes nothing through it', async () => {
    const { origin } = opened.hub;
    for (const from of ['127.0.0.1', 'localhost', REBOUND]) {
      const page = await pageFrom(from);
      for (const route of ['/', '/api/state']) {
        assert.match(await attackByWindow(page, origin + route, 'GET'), /FORBIDDEN_ORIGIN/);
      }
      assert.match(await attackByWindow(page, `${origin}/?ticket=guess`, 'GET'), /This link was used already/);
      for (const route of ['/emit', '/api/tickets', `/api/runs/${runId}/stop`]) {
        assert.match(await attackByWindow(page, origin + route, 'POST'), /FORBIDDEN_ORIGIN/);
      }
      await page.close();
    }
    assert.deepEqual(await traces(), untouched);
  });

  it('gets no further when its name is made to point at the hub', async () => {
    const page = await opened.context.newPage();
    // What the name answered before it was bound anew: the hostile page, on the hub's own port.
    const origin = `http://${REBOUND}:${opened.hub.discovery.port}`;
    await page.route(`${origin}/hostile`, (route) =>
      route.fulfill({ contentType: 'text/html', body: '<body></body>' }),
    );
    await page.goto(`${origin}/hostile`);
    const loot = await attack(page, origin, runId);
    for (const [attempt, got] of gained(loot)) assert.match(got, /^(421 )?\{"code":"FORBIDDEN_HOST"/, attempt);
    assert.match(loot['GET /api/state credentials'] ?? '', /^421 /, 'it is the hub that it talks to');
    assert.match(await attackByWindow(page, `${origin}/`, 'GET'), /FORBIDDEN_HOST/);
    assert.deepEqual(await traces(), untouched);
  });

  it('leaves a run that goes on, and a dashboard that follows it', async () => {
    await opened.workspace.write('../go', '');
    assert.equal((await run.ended()).exitCode, 0);
    await opened.page.getByRole('status').getByText('Completed. 2 of 2 stories done').waitFor();
  });
});
