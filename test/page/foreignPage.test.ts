import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { WebSocket } from 'ws';
import { startRun, type CommandLine } from '../rig/commandLine.js';
import { until } from '../rig/waiting.js';
import { attack, attackByWindow, type Loot } from './attacks.js';
import { OpenDashboard } from './servedDashboard.js';

/** A server of somebody else on this machine: its page does nothing by itself, and it notes the cookies that it is shown. */
class ForeignServer implements AsyncDisposable {
  readonly cookies: string[] = [];
  readonly #server: Server = createServer((request, response) => {
    if (request.headers.cookie !== undefined) this.cookies.push(request.headers.cookie);
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!DOCTYPE html><title>Foreign</title><body></body>');
  });

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const REBOUND = 'evil.example';
const rebinding = `--host-resolver-rules=MAP ${REBOUND} 127.0.0.1`;
/** The browser's own defence has gaps, and other browsers have none: where it would step in, it is off. */
const undefended = '--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets';

describe('A foreign page, in the browser that has a session', function () {
  this.timeout(120_000);

  function open(): Promise<OpenDashboard> {
    const attempts = [[{ do: 'wait-for', file: 'go' } as const, { do: 'write', path: 'x', content: 'x' } as const]];
    return OpenDashboard.open([{ id: 'US-1' }, { id: 'US-2', attempts }], { flags: [rebinding, undefended] });
  }

  /** The dashboard shows a run in the middle of its second story, which goes on when `../go` is there. */
  async function runMidway(opened: OpenDashboard): Promise<{ run: CommandLine; runId: string }> {
    const run = startRun(opened.workspace);
    const { id, run_id: runId = '' } = await run.event(
      'command.started',
      ({ data }) => data['task_id'] === 'US-2-1-agent',
    );
    await until('the hub to know it', async () => (await opened.hub.log(runId)).some((event) => event.id === id));
    await opened.showsAll(runId);
    return { run, runId };
  }

  interface Traces {
    readonly cursor: string;
    readonly wishes: readonly string[];
    readonly websockets: number;
    readonly streams: number;
  }

  /** Everything that a request can leave behind in the hub and in the run. */
  async function traces({ hub, workspace }: OpenDashboard, runId: string): Promise<Traces> {
    const { cursor, websockets, streams } = await hub.get<Traces>('/api/stats');
    const inbox = path.join(workspace.root, '.git', 'storyloop', 'runs', runId, 'inbox');
    return { cursor, websockets, streams, wishes: await readdir(inbox).catch(() => []) };
  }

  async function refusals({ hub }: OpenDashboard): Promise<number> {
    const { refused } = await hub.get<{ refused: Record<string, number> }>('/api/stats');
    return Object.values(refused).reduce((sum, count) => sum + count, 0);
  }

  /** The run was not touched: it goes on, and its dashboard follows. */
  async function finish(opened: OpenDashboard, run: CommandLine): Promise<void> {
    await opened.workspace.write('../go', '');
    assert.equal((await run.ended()).exitCode, 0);
    await opened.page.getByRole('status').getByText('Completed. 2 of 2 stories done').waitFor();
  }

  const gained = (loot: Loot): [string, string][] => Object.entries(loot).filter(([, got]) => got !== '');

  it('reads nothing and changes nothing, whatever it tries from another port or under another name', async () => {
    await using opened = await open();
    const { run, runId } = await runMidway(opened);
    await using foreign = await new ForeignServer().listen();
    const before = await traces(opened, runId);
    assert.deepEqual(before.wishes, []);
    const { port } = opened.hub.discovery;
    for (const from of ['127.0.0.1', 'localhost', REBOUND]) {
      const page = await opened.context.newPage();
      await page.goto(`http://${from}:${foreign.port}/`);
      for (const host of ['127.0.0.1', 'localhost']) {
        const refused = await refusals(opened);
        const target = `http://${host}:${port}`;
        const loot = await attack(page, target, runId);
        assert.deepEqual(gained(loot), [], `${from} against ${host}`);
        assert.ok(Object.keys(loot).length > 50);
        assert.ok((await refusals(opened)) - refused >= 40, 'the attacks got as far as the gate');
        for (const route of ['/', '/api/state']) {
          assert.match(await attackByWindow(page, target + route, 'GET'), /FORBIDDEN_ORIGIN/);
        }
        assert.match(await attackByWindow(page, `${target}/?ticket=guess`, 'GET'), /This link was used already/);
        for (const route of ['/emit', '/api/tickets', `/api/runs/${runId}/stop`]) {
          assert.match(await attackByWindow(page, target + route, 'POST'), /FORBIDDEN_ORIGIN/);
        }
      }
      await page.close();
    }
    assert.deepEqual(await traces(opened, runId), before);
    await finish(opened, run);
  });

  it('gets no further when its name is made to point at the hub', async () => {
    await using opened = await open();
    const { run, runId } = await runMidway(opened);
    const before = await traces(opened, runId);
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
    assert.deepEqual(await traces(opened, runId), before);
    await finish(opened, run);
  });

  it('has a server that is shown the cookie, and can do nothing with it', async () => {
    await using opened = await open();
    const { run, runId } = await runMidway(opened);
    await using foreign = await new ForeignServer().listen();
    const before = await traces(opened, runId);
    const page = await opened.context.newPage();
    await page.goto(`http://127.0.0.1:${foreign.port}/`);
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
    assert.deepEqual(await traces(opened, runId), before);
    await finish(opened, run);
  });
});
