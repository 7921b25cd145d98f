import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { HubOptions } from '../../../src/hub/hub.js';
import { ticketAnswer } from '../../../src/events/frames.js';
import { FakeClock } from '../../rig/fakeClock.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { HubRig, type HttpAnswer } from './hubRig.js';

const files = ['dashboard.js', 'dashboard.css', 'events.js', 'events.css', 'browser.css', 'codicon.css', 'codicon.ttf'];
const typed = { 'Sec-Fetch-Site': 'none', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
const same = { 'Sec-Fetch-Site': 'same-origin' };

/** What a browser keeps of a session. */
interface Kept {
  readonly Cookie: string;
  readonly 'Storyloop-Page': string;
}

describe('The dashboard for browsers', () => {
  const folder = useTemporaryFolder();

  /** A hub with files of a dashboard, in a folder that is gone once it runs. */
  async function start(options: Partial<HubOptions> = {}): Promise<HubRig> {
    const dashboard = path.join(folder(), 'dist');
    mkdirSync(dashboard);
    for (const name of files) writeFileSync(path.join(dashboard, name), `content of ${name}`);
    const rig = await HubRig.start(folder(), { dashboard, ...options });
    rmSync(dashboard, { recursive: true });
    return rig;
  }

  async function ticketUrl(rig: HubRig): Promise<string> {
    const answer = await rig.http('/api/tickets', { method: 'POST', body: '{}' });
    assert.equal(answer.status, 201);
    const { host, pathname, search } = new URL(ticketAnswer.parse(JSON.parse(answer.body)).url);
    assert.equal(host, rig.authority);
    return pathname + search;
  }

  const visit = (rig: HubRig, target: string, headers: Record<string, string> = {}): Promise<HttpAnswer> =>
    rig.http(target, { anonymous: true, headers: { ...typed, ...headers } });

  async function enter(rig: HubRig): Promise<Kept> {
    const entrance = await visit(rig, await ticketUrl(rig));
    const [setCookie = ''] = entrance.headers['set-cookie'] ?? [];
    const [, key = ''] = /#key=([\w-]+)/.exec(entrance.body) ?? [];
    return { Cookie: setCookie.split(';')[0] ?? '', 'Storyloop-Page': key };
  }

  const read = (rig: HubRig, kept: Kept): Promise<HttpAnswer> =>
    rig.http('/api/state', { anonymous: true, headers: { ...same, ...kept } });

  it('is entered by a link that is good once, which leads to the page without the ticket', async () => {
    await using rig = await start();
    const link = await ticketUrl(rig);
    const entrance = await visit(rig, link);
    assert.equal(entrance.status, 200);
    const [setCookie = ''] = entrance.headers['set-cookie'] ?? [];
    assert.match(
      setCookie,
      new RegExp(`^storyloop-${rig.hub.port}=[\\w.-]+; Path=/; Max-Age=604800; HttpOnly; SameSite=Strict$`),
    );
    assert.match(entrance.body, /http-equiv="refresh" content="0;url=\/#key=[\w-]{43}"/);
    const events = await visit(rig, (await ticketUrl(rig)).replace('/', '/events'));
    assert.match(events.body, /http-equiv="refresh" content="0;url=\/events#key=[\w-]{43}"/);
    const again = await visit(rig, link);
    assert.equal(again.status, 401);
    assert.match(again.body, /used already/);
    assert.equal(again.headers['set-cookie'], undefined);
  });

  it('gives links only to who shows the token, and only when asked by POST', async () => {
    await using rig = await start();
    const kept = await enter(rig);
    const origin = { Origin: `http://${rig.authority}` };
    const ask = (headers: Record<string, string>, method = 'POST'): Promise<HttpAnswer> =>
      rig.http('/api/tickets', { method, anonymous: true, headers, ...(method === 'POST' ? { body: '{}' } : {}) });
    assert.equal((await ask({})).status, 401);
    assert.equal((await ask({ ...kept, ...origin, ...same })).status, 401);
    assert.equal((await ask({ Authorization: `Bearer ${rig.token}` }, 'GET')).status, 405);
  });

  it('shows who has a session the page and its files, also when their folder is gone', async () => {
    await using rig = await start();
    const { Cookie } = await enter(rig);
    for (const [path, name] of [
      ['/', 'dashboard'],
      ['/events', 'events'],
    ] as const) {
      const page = await visit(rig, path, { Cookie });
      assert.equal(page.status, 200);
      const named = [...page.body.matchAll(/(?:src|href)="\/([\w.]+)"/g)].map(([, file]) => file);
      assert.deepEqual(named.sort(), ['browser.css', 'codicon.css', `${name}.css`, `${name}.js`].sort());
    }
    for (const name of files) {
      const file = await rig.http(`/${name}?x`, { anonymous: true, headers: { ...same, Cookie } });
      assert.deepEqual([file.status, file.body], [200, `content of ${name}`]);
      assert.match(file.headers['content-type'] ?? '', /javascript|css|font/);
    }
  });

  it('tells strangers how to get in, and nothing else', async () => {
    await using rig = await start();
    assert.equal((await visit(rig, '/events')).status, 401);
    const page = await visit(rig, '/');
    assert.equal(page.status, 401);
    assert.match(page.body, /storyloop dashboard/);
    for (const secret of ['<script', 'key=', 'ticket=', rig.token]) assert.ok(!page.body.includes(secret), secret);
    for (const name of files) assert.equal((await visit(rig, `/${name}`)).status, 403);
    for (const name of files) {
      assert.equal((await rig.http(`/${name}`, { anonymous: true, headers: same })).status, 401);
    }
  });

  it('lets no page run anything of others, be framed, cached, sniffed or found by its opener', async () => {
    await using rig = await start();
    const { Cookie } = await enter(rig);
    const answers = [await visit(rig, await ticketUrl(rig)), await visit(rig, '/')];
    for (const path of ['/', '/events']) answers.push(await visit(rig, path, { Cookie }));
    for (const { headers, body } of answers) {
      const policy = String(headers['content-security-policy']);
      for (const rule of [
        `default-src 'none'`,
        `script-src 'self'`,
        `style-src 'self'`,
        `connect-src 'self' ws://${rig.authority}`,
        `base-uri 'none'`,
        `form-action 'none'`,
        `frame-ancestors 'none'`,
      ]) {
        assert.ok(policy.split('; ').includes(rule), `${rule}: ${policy}`);
      }
      assert.ok(!policy.includes('unsafe'));
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['referrer-policy'], 'no-referrer');
      assert.equal(headers['cache-control'], 'no-store');
      assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
      assert.equal(headers['access-control-allow-origin'], undefined);
      assert.doesNotMatch(body, /<script>|<style|\son\w+=|\sstyle=/, 'nothing inline');
    }
  });

  it('keeps a session over a restart of the hub on the same port, and not on another one', async () => {
    const rig = await start();
    const { port } = rig.hub;
    const kept = await enter(rig);
    assert.equal((await read(rig, kept)).status, 200);
    await rig.hub.stop();
    {
      await using again = await start({ port });
      assert.equal(again.hub.port, port);
      assert.equal((await read(again, kept)).status, 200);
    }
    rig.forgetPort();
    await using elsewhere = await start();
    assert.notEqual(elsewhere.hub.port, port);
    assert.equal((await read(elsewhere, kept)).status, 401);
    const renamed = { ...kept, Cookie: kept.Cookie.replace(String(port), String(elsewhere.hub.port)) };
    assert.equal((await read(elsewhere, renamed)).status, 401, 'nor under the name of the other port');
  });

  it('ends every session with the token', async () => {
    const rig = await start();
    const { port } = rig.hub;
    const kept = await enter(rig);
    await rig.hub.stop();
    rmSync(rig.user.token);
    await using again = await start({ port });
    assert.equal((await read(again, kept)).status, 401);
    assert.equal((await visit(again, '/', { Cookie: kept.Cookie })).status, 401);
  });

  it('ends a session after a week, and a link after a minute', async () => {
    const clock = new FakeClock();
    await using rig = await start({ clock });
    const kept = await enter(rig);
    const link = await ticketUrl(rig);
    clock.advance(60_000);
    assert.match((await visit(rig, link)).body, /older than a minute/);
    assert.equal((await read(rig, kept)).status, 200);
    clock.advance(7 * 24 * 60 * 60_000);
    assert.equal((await read(rig, kept)).status, 401);
  });

  it('shows data to a page over a WebSocket, but takes no events from it', async () => {
    await using rig = await start();
    const { Cookie, 'Storyloop-Page': key } = await enter(rig);
    const before = rig.logBytes();
    const origin = `http://${rig.authority}`;
    const socket = rig.socket(
      '/ws',
      { anonymous: true, headers: { Cookie } },
      ['storyloop.v1', `storyloop.page.${key}`],
      {
        headers: { Cookie, Origin: origin },
      },
    );
    const answer = new Promise<string>((resolve) => {
      socket.on('message', (data: Buffer) => {
        const { op } = JSON.parse(data.toString()) as { op: string };
        if (op === 'error') resolve(data.toString());
        if (op !== 'init') return;
        const event = { type: 'log.message', data: { level: 'info', message: 'from a browser' } };
        socket.send(JSON.stringify({ op: 'publish', id: 1, events: [event] }));
      });
    });
    assert.match(await answer, /FORBIDDEN/);
    assert.equal(socket.protocol, 'storyloop.v1', 'the key is not echoed');
    assert.equal(rig.logBytes(), before);
    socket.terminate();
  });

  it('does without when it has no files, and says so', async () => {
    await using rig = await HubRig.start(folder());
    const { Cookie } = await enter(rig);
    const page = await visit(rig, '/', { Cookie });
    assert.equal(page.status, 503);
    assert.match(page.body, /without the files/);
  });
});
