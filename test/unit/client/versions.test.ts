import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { HubClient } from '../../../src/client/hubClient.js';
import { systemClock } from '../../../src/primitives/clock.js';
import { silentLogger } from '../../../src/primitives/logger.js';
import { foldHub } from '../../../src/state/hubState.js';
import { restoreHub, snapshotHub } from '../../../src/state/snapshot.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { until } from '../../rig/waiting.js';
import { HubRig } from '../hub/hubRig.js';

const HEAD = { timestamp: '2026-11-21T10:00:00.000Z', source: 'run_1', run_id: 'run_1', term: 1 };
const event = (seq: number, type: string, data: object, more: object = {}): object => ({
  ...{ ...HEAD, id: `e${seq}`, type, source_seq: seq, cursor: `9f2c:${seq}`, data },
  ...more,
});

/** What a hub of another version says: its greeting, its answer to a subscription, and what comes then. */
interface Recording {
  readonly greeting: readonly object[];
  readonly later: readonly object[];
}

const older: Recording = {
  greeting: [
    { op: 'connected', client_id: 'c_8', version: '0.0.9', log_id: '9f2c', cursor: '9f2c:1' },
    { op: 'init', state: { runs: [] }, cursor: '9f2c:1' },
  ],
  later: [{ op: 'event', s: ['s1'], event: event(2, 'prd.started', { status: 'running', total_stories: 1 }) }],
};

const newer: Recording = {
  greeting: [
    {
      ...{ op: 'connected', client_id: 'c_8', version: '9.0.0', protocol: 2, log_id: '9f2c', cursor: '9f2c:1' },
      features: ['compression'],
    },
    { op: 'init', state: { runs: [], teams: [{ id: 't' }] }, events: [], cursor: '9f2c:1', schema: { v: 2 } },
  ],
  later: [
    { op: 'presence', s: ['s1'], people: ['ada'] },
    { op: 'event', subscriptions: ['s1'], payload: 'of another shape' },
    { op: 'events', events: 'packed' },
    { op: 'reset', id: 1, reason: 'moved', cursor: '9f2c:1', state: 'elsewhere' },
    { op: 'event', s: ['s1'], event: event(2, 'prd.started', { status: 'running', total_stories: 1, mood: 'good' }) },
    { op: 'event', s: ['s1'], event: event(3, 'story.reviewed', { verdict: 'fine' }, { trace_id: 'x' }), hops: 3 },
    ['not', 'a', 'frame'],
  ],
};

/** Plays a recording to whoever connects. */
async function playing({ greeting, later }: Recording): Promise<{ port: number } & AsyncDisposable> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => 'storyloop.v1' });
  server.on('connection', (socket: WebSocket) => {
    const say = (frame: object): void => {
      socket.send(JSON.stringify(frame));
    };
    for (const frame of greeting) say(frame);
    socket.on('message', (data: Buffer) => {
      const { op, id } = JSON.parse(data.toString()) as { op: string; id: number };
      if (op !== 'subscribe') return;
      say({ op: 'ok', id, subscription: 's1', from: '9f2c:2', lease_s: 60 });
      for (const frame of later) say(frame);
    });
  });
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

describe('Versions', () => {
  const folder = useTemporaryFolder();

  for (const [name, recording, types] of [
    ['an older', older, ['prd.started']],
    ['a newer', newer, ['prd.started', 'story.reviewed']],
  ] as const) {
    it(`of which the hub is ${name} one: what it says is folded as far as it is known, the rest is passed over`, async () => {
      await using hub = await playing(recording);
      const discovery = {
        ...{ v: 1 as const, host: '127.0.0.1', port: hub.port, pid: process.pid, start_time: '' },
        ...{ instance: 'i', term: 1, token: 't'.repeat(43) },
      };
      const warnings: string[] = [];
      const logger = { ...silentLogger, warn: (text: string) => warnings.push(text) };
      await using client = new HubClient({ find: () => Promise.resolve(discovery), clock: systemClock, logger });
      let state = restoreHub({ runs: [] });
      const told: string[] = [];
      client.subscribe(
        {},
        {
          onSnapshot: (snapshot) => (state = restoreHub(snapshot)),
          onEvent: (one) => {
            told.push(one.type);
            foldHub(state, one);
          },
        },
        'snapshot',
      );
      client.start();
      await until('all events', () => told.length >= types.length);
      assert.deepEqual(told, types);
      assert.equal(state.runs.get('run_1')?.status, 'running');
      assert.equal(client.state.kind, 'open');
      assert.equal(warnings.filter((text) => text.includes('The hub is newer')).length, name === 'a newer' ? 1 : 0);
    });
  }

  it('of which the window is a newer one: the hub answers what it does not know with an error and the id, passes over fields, and keeps events', async () => {
    await using rig = await HubRig.start(folder());
    const socket = await rig.connect();
    const answer = await socket.ask({ op: 'presence.join', id: 1, name: 'ada' });
    assert.deepEqual([answer.op, answer['code']], ['error', 'INVALID_FRAME']);
    const intent = await socket.ask({ op: 'run.teleport', id: 2, run_id: 'run_1' });
    assert.deepEqual([intent.op, intent['code']], ['error', 'INVALID_FRAME']);
    assert.equal((await socket.ask({ op: 'subscribe', id: 3, types: ['*'], compress: 'zstd', window: 9 })).op, 'ok');
    const reviewed = { type: 'story.reviewed', prd_id: 'p-1', data: { verdict: 'fine' }, trace_id: 'x' };
    assert.equal((await socket.ask({ op: 'publish', id: 4, events: [reviewed], ttl_s: 60 })).op, 'ok');
    const told = await socket.frame('event', ({ s }) => (s as string[]).includes('s1'));
    assert.deepEqual((told['event'] as { data: unknown }).data, { verdict: 'fine' });
    assert.equal((await rig.http('/api/teams')).status, 404);
    assert.equal((await rig.http('/api/events?type=*&fold=deep')).status, 200);
    assert.doesNotThrow(() => snapshotHub(rig.hub.state));
    assert.equal(socket.closed, undefined);
  });
});
