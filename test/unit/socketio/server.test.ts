import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import path from 'node:path';
import type { HubOptions } from '../../../src/hub/hub.js';
import { rotateToken } from '../../../src/session/discovery.js';
import { FakeClock } from '../../rig/fakeClock.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { until } from '../../rig/waiting.js';
import { HubRig } from '../hub/hubRig.js';
import { PollingClient, WebSocketClient, type TransportClient } from './transportClient.js';

const socketIo = path.resolve('dist/socketio.js');
const story = { type: 'story.started', prd_id: 'PRD-001', story_id: 'US-1', data: { story_id: 'US-1' } };
const handshake = '/socket.io/?EIO=4&transport=polling';

describe('Socket.IO', () => {
  const folder = useTemporaryFolder();
  const start = (options: Partial<HubOptions> = {}): Promise<HubRig> =>
    HubRig.start(folder(), { socketIo, ...options });

  async function connected<T extends TransportClient>(client: T, auth: object = {}): Promise<T> {
    await client.send(`40${JSON.stringify(auth)}`);
    if (client instanceof PollingClient) await client.poll();
    await client.got('connected');
    return client;
  }

  it('greets a client with its id, over both transports, with the token in auth or in a header', async () => {
    await using rig = await start();
    const headers = { Authorization: `Bearer ${rig.token}` };
    const clients = [
      await connected(await PollingClient.open(rig), { token: rig.token }),
      await connected(await WebSocketClient.open(rig), { token: rig.token }),
      await connected(await PollingClient.open(rig, { headers })),
      await connected(await WebSocketClient.open(rig, { headers })),
    ];
    for (const client of clients) {
      const { sid } = JSON.parse((await client.packet('40')).slice(2)) as { sid: string };
      assert.deepEqual(client.events('connected'), [{ client_id: sid }]);
    }
    const { socket_io: count, connections } = JSON.parse((await rig.http('/api/stats')).body) as Record<string, number>;
    assert.deepEqual([count, connections], [4, 4]);
  });

  it('goes from polling over to a WebSocket, and loses nothing', async () => {
    await using rig = await start();
    const polling = await connected(await PollingClient.open(rig), { token: rig.token });
    const upgraded = rig.socket(polling.path.replace('polling', 'websocket'), { anonymous: true });
    const packets: string[] = [];
    upgraded.on('message', (data: Buffer) => packets.push(data.toString()));
    upgraded.on('open', () => {
      upgraded.send('2probe');
    });
    await until('the probe to be answered', () => packets.includes('3probe'));
    upgraded.send('5');
    await rig.emit(story);
    await until('the event', () => packets.some((packet) => packet.startsWith('42["event"')));
  });

  it('tells everything, and after subscribe_prd only that', async () => {
    await using rig = await start();
    const all = await connected(await WebSocketClient.open(rig), { token: rig.token });
    const one = await connected(await WebSocketClient.open(rig), { token: rig.token });
    await one.emit('subscribe_prd', { prd_id: 'PRD-001' });
    assert.deepEqual(await one.got('subscribed'), { prd_id: 'PRD-001' });
    await rig.emit([
      { ...story, prd_id: 'PRD-002' },
      { type: 'log.message', data: { level: 'info', message: 'x' } },
      story,
    ]);
    await all.got('event', 3);
    await one.got('event');
    const prds = (client: TransportClient): unknown[] => client.events('event').map(({ prd_id: prd }) => prd);
    assert.deepEqual(prds(all), ['PRD-002', null, 'PRD-001']);
    assert.deepEqual(prds(one), ['PRD-001']);
    await one.emit('subscribe_prd', 'PRD-003');
    assert.deepEqual(await one.got('error'), { code: 'INVALID_FRAME', message: 'subscribe_prd wants {"prd_id": "…"}' });
    await one.emit('subscribe_prd', { prd_id: 'PRD-002' });
    await one.got('subscribed', 2);
    await rig.emit([{ ...story, prd_id: 'PRD-002' }, story]);
    await one.got('event', 3);
  });

  it('tells to all, to the subscribers of a PRD, or to one client by its id', async () => {
    await using rig = await start();
    const open = async (): Promise<WebSocketClient> => connected(await WebSocketClient.open(rig), { token: rig.token });
    const clients = [await open(), await open(), await open()] as const;
    const [first, second] = clients;
    for (const client of [first, second]) {
      await client.emit('subscribe_prd', { prd_id: 'P' });
      await client.got('subscribed');
    }
    const { client_id: id } = await first.got('connected');
    rig.hub.tellSocketIo({ kind: 'client', clientId: String(id) }, { to: 'first' });
    rig.hub.tellSocketIo({ kind: 'prd', prdId: 'P' }, { to: 'subscribers' });
    rig.hub.tellSocketIo({ kind: 'everybody' }, { to: 'all' });
    for (const client of clients) await until('the last', () => client.events('event').some(({ to }) => to === 'all'));
    const told = clients.map((client) => client.events('event').map(({ to }) => to));
    assert.deepEqual(told, [['first', 'subscribers', 'all'], ['subscribers', 'all'], ['all']]);
  });

  it('gives a client alone what is sent to its id', async () => {
    await using rig = await start();
    const [other, client] = [await WebSocketClient.open(rig), await WebSocketClient.open(rig)];
    for (const one of [other, client]) await connected(one, { token: rig.token });
    const { client_id: id } = await client.got('connected');
    const message = { type: 'log.message', data: { level: 'info', message: 'Look' } };
    const target = `/emit?client_id=${String(id)}`;
    assert.equal((await rig.http(target, { method: 'POST', body: JSON.stringify(message) })).status, 200);
    await rig.emit(story);
    for (const one of [other, client]) {
      await until('the story', () => one.events('event').some(({ type }) => type === story.type));
    }
    const types = [other, client].map((one) => one.events('event').map(({ type }) => type));
    assert.deepEqual(types, [[story.type], ['log.message', story.type]]);
  });

  it('leaves out what the hub says of itself', async () => {
    const clock = new FakeClock();
    await using rig = await start({ clock });
    const client = await connected(await WebSocketClient.open(rig), { token: rig.token });
    clock.advance(10_000);
    await rig.emit(story);
    await client.got('event');
    assert.deepEqual(
      client.events('event').map(({ type }) => type),
      ['story.started'],
    );
  });

  describe('without the token', () => {
    it('tells nothing, answers nothing, and ends the connection after five seconds', async () => {
      const clock = new FakeClock();
      await using rig = await start({ clock });
      const socket = await WebSocketClient.open(rig);
      const polling = await PollingClient.open(rig);
      for (const client of [socket, polling]) await client.send('40{}');
      await socket.packet('44');
      const pushing = await WebSocketClient.open(rig);
      await pushing.emit('subscribe_prd', { prd_id: 'PRD-001' });
      await until('the end of who subscribes all the same', () => pushing.closed);
      await polling.poll();
      await rig.emit(story);
      const headers = { Authorization: `Bearer ${rig.token}` };
      const late = await connected(await WebSocketClient.open(rig), { token: rig.token });
      assert.equal((await rig.http(handshake, { headers })).status, 200);
      for (const client of [socket, polling]) {
        assert.match(client.packets.at(-1) ?? '', /^44\{"message":"A token is required/);
        assert.deepEqual(
          client.packets.filter((packet) => packet.startsWith('42')),
          [],
        );
      }
      clock.advance(4_999);
      await late.send('3');
      assert.equal(socket.closed, false);
      clock.advance(1);
      await until('the end', () => socket.closed);
      assert.equal((await polling.poll()).status, 400);
      assert.equal(late.closed, false, 'who has shown the token stays');
    });

    it('takes no wrong token, no second wrong one beside a right one, and slows down who guesses', async () => {
      await using rig = await start();
      const headers = { Authorization: `Bearer ${rig.token}` };
      const beside = await WebSocketClient.open(rig, { headers });
      await beside.send('40{"token":"wrong"}');
      assert.match(await beside.packet('44'), /not the token.*"UNAUTHORIZED"/);
      assert.equal(
        (await rig.http(handshake, { anonymous: true, headers: { Authorization: 'Bearer x' } })).status,
        401,
      );
      const guesser = await WebSocketClient.open(rig);
      for (let guess = 0; guess < 20; guess += 1) await guesser.send(`40{"token":"${guess}"}`);
      await until('to be slowed down', () => guesser.packets.some((packet) => packet.includes('RATE_LIMITED')));
      await connected(await WebSocketClient.open(rig), { token: rig.token });
    });

    it('lets in a few at a time, and whoever shows one besides', async () => {
      await using rig = await start();
      for (let count = 0; count < 32; count += 1) await PollingClient.open(rig);
      assert.equal((await rig.http(handshake, { anonymous: true })).status, 429);
      await connected(await PollingClient.open(rig, { headers: { Authorization: `Bearer ${rig.token}` } }));
    });

    it('is a stranger, who loses its place first, until it shows one: then it keeps it', async () => {
      await using rig = await start({ maxConnections: 6 });
      const known = await connected(await WebSocketClient.open(rig), { token: rig.token });
      const polling = await connected(await PollingClient.open(rig), { token: rig.token });
      const changing = await connected(await PollingClient.open(rig), { token: rig.token });
      const changed = rig.socket(changing.path.replace('polling', 'websocket'), { anonymous: true });
      await once(changed, 'open');
      const answered = polling.poll();
      const stranger = await WebSocketClient.open(rig);
      const lines = Array.from({ length: 6 }, () => connect(rig.hub.port, '127.0.0.1').on('error', () => {}));
      await until('the stranger to be cut', () => stranger.closed);
      await rig.emit(story);
      await known.got('event');
      assert.equal((await answered).status, 200);
      await polling.got('event');
      assert.equal(changed.readyState, changed.OPEN);
      for (const line of lines) line.destroy();
      changed.terminate();
    });

    it('serves whom the user allowed to have none', async () => {
      await using rig = await start({ allowTokenlessClients: true });
      const client = await connected(await PollingClient.open(rig));
      const wrong = await WebSocketClient.open(rig);
      await wrong.send('40{"token":"wrong"}');
      await wrong.packet('44');
      await rig.emit(story);
      await client.poll();
      assert.equal(client.events('event').length, 1);
      assert.deepEqual(wrong.events('event'), []);
    });
  });

  it('refuses pages of others, whatever they know, and gives no answer that a page could read', async () => {
    await using rig = await start({ allowTokenlessClients: true });
    const client = await connected(await PollingClient.open(rig));
    const foreign = { Origin: 'http://evil.example' };
    const type = { 'Content-Type': 'text/plain' };
    const post = { anonymous: true, method: 'POST', body: '42["subscribe_prd",{"prd_id":"x"}]' } as const;
    const status = async (target: string, headers: Record<string, string>, rest: object = {}): Promise<number> =>
      (await rig.http(target, { anonymous: true, ...rest, headers })).status;
    assert.equal(await status(handshake, foreign), 403);
    assert.equal(await status(handshake, { 'Sec-Fetch-Site': 'cross-site' }), 403);
    assert.equal(await status(client.path, { ...foreign, ...type }, post), 403);
    assert.equal(await status(client.path, { Host: 'evil.example', ...type }, post), 421);
    // From a browser that tells neither: it cannot know a session.
    assert.equal(await status(handshake, type, post), 415);
    assert.equal(await status(`${handshake}&sid=guess`, type, post), 415);
    assert.equal(await status(`${handshake}&sid=${client.sid}&sid=x`, type, post), 415);
    assert.equal(await status(`/emit?transport=polling&sid=${client.sid}`, type, post), 415);
    assert.equal(await status(client.path, { 'Content-Type': 'application/x-www-form-urlencoded' }, post), 415);
    assert.equal(await status(client.path, { 'Content-Type': 'multipart/form-data' }, post), 415);
    assert.equal(await status(client.path, { ...type, 'Content-Encoding': 'gzip' }, post), 415);
    const { headers } = await rig.http(handshake, { anonymous: true });
    assert.deepEqual(
      Object.keys(headers).filter((name) => name.startsWith('access-control')),
      [],
    );
    assert.equal(headers['x-content-type-options'], 'nosniff');
  });

  it('refuses what is too large, of another version, unknown, or no request of it', async () => {
    await using rig = await start();
    const client = await connected(await PollingClient.open(rig), { token: rig.token });
    assert.equal(await client.send(`42["x","${'x'.repeat(1024 * 1024)}"]`), 413);
    const status = async (target: string, method = 'GET'): Promise<number> =>
      (await rig.http(target, { method })).status;
    assert.equal(await status('/socket.io/?EIO=3&transport=polling'), 400);
    assert.equal(await status('/socket.io/?EIO=4&transport=webtransport'), 400);
    assert.equal(await status(`${handshake}&sid=none`), 400);
    assert.equal(await status('/socket.io/socket.io.js'), 404);
    assert.equal((await rig.http(handshake, { method: 'PUT', body: '{}' })).status, 405);
    const socket = await WebSocketClient.open(rig);
    await socket.send('x'.repeat(1024 * 1024 + 1));
    await until('the end', () => socket.closed);
  });

  it('ends with the token, and with the hub', async () => {
    const rig = await start();
    const socket = await connected(await WebSocketClient.open(rig), { token: rig.token });
    const polling = await connected(await PollingClient.open(rig), { token: rig.token });
    // No "close", after which a client would stay away.
    const poll = assert.rejects(polling.poll());
    await rotateToken(rig.user);
    await until('the end', () => socket.closed);
    await poll;
    await until('the session to be forgotten', async () => (await polling.send('3')) === 415);
    const refused = await WebSocketClient.open(rig);
    await refused.send(`40{"token":"${rig.token}"}`);
    await refused.packet('44');
    await rig[Symbol.asyncDispose]();
    await until('the end', () => refused.closed);
  });

  it('cuts a client that does not read, and counts it', async () => {
    await using rig = await start();
    const client = await connected(await PollingClient.open(rig), { token: rig.token });
    const event = { type: 'some.thing', data: { text: 'x'.repeat(900_000) } };
    for (let count = 0; count < 5; count += 1) assert.equal((await rig.emit(event)).status, 200);
    assert.equal((await client.poll()).status, 400);
    assert.match((await rig.http('/api/stats')).body, /"slow_consumer":1/);
  });

  it('says so when its file is gone, and that it is not there when the hub has none', async () => {
    await using rig = await start({ socketIo: path.join(folder(), 'gone.js') });
    const answer = await rig.http(handshake);
    assert.equal(answer.status, 503);
    assert.match(answer.body, /The file of Socket\.IO is gone/);
    assert.equal((await rig.http('/health')).status, 200);
  });
});
