import assert from 'node:assert/strict';
import { chmodSync, rmSync } from 'node:fs';
import { HubClient } from '../../../src/client/hubClient.js';
import { systemClock } from '../../../src/primitives/clock.js';
import { silentLogger } from '../../../src/primitives/logger.js';
import { hubToken, readDiscovery, rotateToken } from '../../../src/session/discovery.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { until } from '../../rig/waiting.js';
import { HubRig } from './hubRig.js';

const paused = { type: 'prd.paused', prd_id: 'p-1' };

describe('A token that is rotated', () => {
  const folder = useTemporaryFolder();
  const told = (rig: HubRig, token: string): Promise<unknown> =>
    until('the hub to tell the new token', async () => (await readDiscovery(rig.user))?.token === token);

  it('is worth nothing any more, on any way in, and cuts off who came in with it', async () => {
    await using rig = await HubRig.start(folder());
    const socket = await rig.connect();
    const stream = await rig.stream();
    assert.equal((await rig.emit(paused)).status, 200);
    const token = await rotateToken(rig.user);
    assert.notEqual(token, rig.token);
    await told(rig, token);

    await until('the socket to be closed', () => socket.closed);
    assert.equal(socket.closed?.code, 4001);
    await until('the stream to be closed', () => stream.ended);
    assert.equal((await rig.emit(paused)).status, 401);
    assert.equal((await rig.http('/api/state')).status, 401);
    assert.equal((await rig.stream()).response.statusCode, 401);
    assert.equal(await upgradeStatus(rig), 401);
    const headers = { Authorization: `Bearer ${token}` };
    assert.equal((await rig.emit(paused, { anonymous: true, headers })).status, 200);
    assert.equal(rig.hub.cursor, `${rig.hub.logId}:2`, 'nothing else was stored');
  });

  it('is followed by a client that reads the discovery file, which misses nothing', async () => {
    await using rig = await HubRig.start(folder());
    await using client = new HubClient({
      find: () => readDiscovery(rig.user),
      clock: systemClock,
      logger: silentLogger,
      random: () => 0,
    });
    const got: string[] = [];
    client.subscribe({}, { onEvent: ({ type }) => got.push(type) }, `${rig.hub.logId}:0`);
    client.start();
    for (const count of [1, 2, 3]) {
      await rig.hub.publish('ci', [{ ...paused, data: {} }]);
      await until(`${count} events`, () => got.length === count);
      await told(rig, await rotateToken(rig.user));
    }
    assert.equal(got.length, 3);
  });

  it('lets nobody in while it is no secret, and is replaced when it is removed', async function () {
    if (process.platform === 'win32') this.skip();
    await using rig = await HubRig.start(folder());
    chmodSync(rig.user.token, 0o644);
    await until('everybody to be refused', async () => (await rig.http('/api/stats')).status === 401);
    rmSync(rig.user.token);
    const token = await until('another one', async () => {
      const found = (await readDiscovery(rig.user))?.token;
      return found !== rig.token && found;
    });
    assert.equal(await hubToken(rig.user), token);
    const headers = { Authorization: `Bearer ${token}` };
    assert.equal((await rig.http('/api/stats', { anonymous: true, headers })).status, 200);
    assert.equal((await rig.http('/api/stats')).status, 401);
  });
});

function upgradeStatus(rig: HubRig): Promise<number> {
  return new Promise((resolve) => {
    const socket = rig.socket('/ws', {}, ['storyloop.v1']);
    socket.on('error', () => {});
    socket.on('open', () => {
      resolve(101);
      socket.terminate();
    });
    socket.on('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
  });
}
