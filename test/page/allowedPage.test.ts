import assert from 'node:assert/strict';
import { chromium, type Browser } from 'playwright-core';
import { Disposables } from '../../src/primitives/disposables.js';
import { Workspace } from '../rig/workspace.js';
import { CHROMIUM_FLAGS, CHROMIUM_HINT, ensureChromium } from '../setup/chromium.mjs';
import { ForeignServer } from './foreignServer.js';
import { ServedDashboard } from './servedDashboard.js';

/** Runs in a page: what each way to the hub came to; the empty string for nothing. */
const script = `async ({ target, token }) => {
  const got = {};
  const patience = (ms) => new Promise((resolve) => setTimeout(resolve, ms, ''));
  const attempt = async (name, act) => {
    got[name] = await Promise.race([act().catch(() => ''), patience(5_000)]);
  };
  const headers = { Authorization: 'Bearer ' + token };
  await attempt('read', async () => {
    const answer = await fetch(target + '/api/state', { headers });
    return answer.status + ' ' + Object.keys(await answer.json()).join();
  });
  await attempt('read without the token', async () => String((await fetch(target + '/api/state')).status));
  await attempt('publish', async () => {
    const event = { type: 'log.message', data: { level: 'info', message: 'from ' + location.origin } };
    const json = { ...headers, 'Content-Type': 'application/json', 'X-Request-Id': 'page-1' };
    return String((await fetch(target + '/emit', { method: 'POST', headers: json, body: JSON.stringify(event) })).status);
  });
  await attempt('stream', async () => {
    const answer = await fetch(target + '/stream/progress', { headers });
    const reader = answer.body.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    return answer.status + ' ' + new TextDecoder().decode(value).split(':')[0];
  });
  await attempt('WebSocket', () => new Promise((resolve) => {
    const socket = new WebSocket(target.replace('http', 'ws') + '/ws', ['storyloop.v1', 'storyloop.auth.' + token]);
    socket.onmessage = ({ data }) => {
      resolve(JSON.parse(data).op);
      socket.close();
    };
    socket.onerror = () => resolve('');
  }));
  await attempt('EventSource', () => new Promise((resolve) => {
    const source = new EventSource(target + '/stream/progress');
    source.onopen = () => resolve('open');
    source.onerror = () => {
      source.close();
      resolve('');
    };
  }));
  return got;
}`;

describe('A page of another origin', function () {
  this.timeout(60_000);

  const owned = new Disposables();
  let browser: Browser;
  let allowed: ForeignServer;
  let other: ForeignServer;
  let hub: ServedDashboard;

  before(async () => {
    const executablePath = await ensureChromium();
    if (executablePath === undefined) throw new Error(`This suite ${CHROMIUM_HINT}`);
    const workspace = owned.use(await Workspace.withStories([{ id: 'US-1' }]));
    allowed = owned.use(await new ForeignServer().listen());
    other = owned.use(await new ForeignServer().listen());
    hub = owned.use(await ServedDashboard.start(workspace, ['--allow-origin', `http://127.0.0.1:${allowed.port}`]));
    browser = await chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS] });
  });
  after(async () => {
    await browser.close();
    await owned[Symbol.asyncDispose]();
  });

  async function tryAll(from: string): Promise<Readonly<Record<string, string>>> {
    const page = await browser.newPage();
    await page.goto(from);
    const about = JSON.stringify({ target: hub.origin, token: hub.discovery.token });
    const got = await page.evaluate<Record<string, string>>(`(${script})(${about})`);
    await page.close();
    return got;
  }

  it('reads, publishes and follows with the token, when its origin is allowed', async () => {
    const before = await hub.cursor();
    assert.deepEqual(await tryAll(`http://127.0.0.1:${allowed.port}/`), {
      ...{ read: '200 cursor,state', publish: '200', stream: '200 retry', WebSocket: 'connected' },
      // An EventSource of a browser can show no token, and without one nobody gets anything.
      ...{ 'read without the token': '401', EventSource: '' },
    });
    assert.notEqual(await hub.cursor(), before);
  });

  it('gets nothing, also with the token, when it is not: on another port, or under another name', async () => {
    const before = await hub.cursor();
    for (const from of [`http://127.0.0.1:${other.port}/`, `http://localhost:${allowed.port}/`]) {
      const got = await tryAll(from);
      assert.ok(
        Object.values(got).every((what) => what === ''),
        `${from}: ${JSON.stringify(got)}`,
      );
    }
    assert.equal(await hub.cursor(), before);
  });
});
