import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { createServer } from 'node:net';
import { WebSocket } from 'ws';
import type { HubSnapshot } from '../../src/state/snapshot.js';
import { startRun, storyloop } from '../rig/commandLine.js';
import { processesOfTest } from '../rig/leakCheck.js';
import { Served } from '../rig/servedHub.js';
import { until } from '../rig/waiting.js';
import { Workspace } from '../rig/workspace.js';

async function statesOf(workspace: Workspace, hub: Served): Promise<{ hub: HubSnapshot; commandLine: HubSnapshot }> {
  const { state } = (await (await hub.fetch('/api/state')).json()) as { state: HubSnapshot };
  return {
    hub: state,
    commandLine: JSON.parse((await storyloop(workspace, 'status', '--json')).stdout) as HubSnapshot,
  };
}

describe('storyloop serve', () => {
  it('says at several instants of one run exactly what the command line says: the fold of the journal', async () => {
    await using workspace = await Workspace.withStories([
      {
        id: 'US-1',
        attempts: [
          [{ do: 'write', path: 'broken', content: 'x' }],
          [
            { do: 'wait-for', file: 'one' },
            { do: 'write', path: 'one.txt', content: '1' },
          ],
        ],
      },
      {
        id: 'US-2',
        attempts: [
          [
            { do: 'wait-for', file: 'two' },
            { do: 'write', path: 'two.txt', content: '2' },
          ],
        ],
      },
    ]);
    await using hub = await Served.start(workspace);
    const run = startRun(workspace);
    const same = (): Promise<void> =>
      until('hub and command line to say the same', async () => {
        const { hub: a, commandLine: b } = await statesOf(workspace, hub);
        return isDeepStrictEqual(a, b) && a.runs.length === 1;
      }).then(() => {});
    await run.event('context.refreshed');
    await run.event('command.started', (event) => event.data['task_id'] === 'US-1-2-agent');
    await same();
    await workspace.write('../one', '');
    await run.event('command.started', (event) => event.data['task_id'] === 'US-2-1-agent');
    await same();
    await workspace.write('../two', '');
    assert.equal((await run.ended()).exitCode, 0);
    await same();
    const { hub: last } = await statesOf(workspace, hub);
    assert.deepEqual(last, (await statesOf(workspace, hub)).commandLine);
  });

  it('says as the command line does that nobody executes a run whose coordinator was killed', async () => {
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [[{ do: 'wait-for', file: 'one' }]] },
    ]);
    await using hub = await Served.start(workspace);
    const run = startRun(workspace);
    const { run_id: runId } = await run.event('command.started');
    await until('the hub to know the run', async () => (await statesOf(workspace, hub)).hub.runs.length === 1);
    run.kill('SIGKILL');
    await run.ended();
    const { interrupted } = (await statesOf(workspace, hub)).commandLine;
    assert.deepEqual(interrupted, [runId]);
    await until('the hub to say the same', async () => {
      const { hub: a, commandLine: b } = await statesOf(workspace, hub);
      return isDeepStrictEqual(a, b);
    });
    await until('the agent to be gone', () => processesOfTest().length === 1, 10_000);
  });

  it('tells a client every event of a run once and in order, also the part from before it connected, and over a restart', async () => {
    await using workspace = await Workspace.withStories([{ id: 'US-1' }, { id: 'US-2' }]);
    const run = startRun(workspace);
    assert.equal((await run.ended()).exitCode, 0);
    const durable = run.events.filter((event) => event.type !== 'command.progress');
    const collect = async (hub: Served): Promise<{ ids: string[]; cursors: string[] }> => {
      const { frames, socket } = await hub.connect();
      const connected = await until('the connected frame', () => frames.find((frame) => frame.op === 'connected'));
      const logId = (connected.cursor ?? '').split(':')[0] ?? '';
      socket.send(JSON.stringify({ op: 'subscribe', id: 1, since: `${logId}:0` }));
      // Until it subscribes a client is told everything that happens, which is not what is looked at here.
      const { subscription = '' } = await until('the subscription', () => frames.find((frame) => frame.op === 'ok'));
      const events = await until('all events', () => {
        const got = frames.filter(
          (frame) => frame.op === 'event' && frame.s?.includes(subscription) && frame.event?.cursor,
        );
        return got.length >= durable.length && got;
      });
      socket.close();
      const found = events.map((frame) => frame.event as unknown as { id: string; cursor: string });
      return { ids: found.map((event) => event.id), cursors: found.map((event) => event.cursor) };
    };
    let first: { ids: string[]; cursors: string[] };
    {
      await using hub = await Served.start(workspace);
      first = await collect(hub);
    }
    assert.deepEqual(
      first.ids,
      durable.map((event) => event.id),
    );
    await using again = await Served.start(workspace);
    assert.deepEqual(await collect(again), first, 'the same events with the same cursors');
  });

  it('takes another port when its own is taken, and the discovery file tells which', async () => {
    await using workspace = await Workspace.create();
    const squatter = createServer().listen(0, '127.0.0.1');
    await until('the squatter', () => squatter.listening);
    const address = squatter.address();
    assert.ok(typeof address === 'object' && address);
    await using hub = await Served.start(workspace, String(address.port));
    assert.notEqual(hub.discovery.port, address.port);
    assert.equal((await hub.fetch('/health')).status, 200);
    squatter.close();
  });

  it('steers a run through its routes as the command line does', async () => {
    await using workspace = await Workspace.withStories([
      {
        id: 'US-1',
        attempts: [
          [
            { do: 'wait-for', file: 'go' },
            { do: 'write', path: 'one.txt', content: '1' },
          ],
        ],
      },
      { id: 'US-2' },
    ]);
    await using hub = await Served.start(workspace);
    const run = startRun(workspace);
    const started = await run.event('command.started');
    await until('the hub to know the run', async () =>
      (await (await hub.fetch('/api/state')).text()).includes(started.run_id ?? '?'),
    );
    const control = (intent: string): Promise<Response> =>
      hub.fetch(`/api/runs/${started.run_id ?? ''}/${intent}`, { method: 'POST', body: '{}' });
    assert.equal((await control('pause')).ok, true);
    await run.event('pause.requested');
    await workspace.write('../go', '');
    await run.event('prd.paused');
    assert.equal((await control('stop')).ok, true);
    assert.equal((await run.ended()).exitCode, 5);
    assert.equal((await control('nonsense')).ok, false);
  });

  it('refuses who has no token, comes from a foreign page, or calls it by a foreign name, and writes nothing', async () => {
    await using workspace = await Workspace.create();
    await using hub = await Served.start(workspace);
    const before = await (await hub.fetch('/api/stats')).text();
    const event = JSON.stringify({ type: 'log.message', prd_id: 'x', data: { level: 'info', message: 'x' } });
    const bare = { authorization: '' };
    const foreign = { origin: 'http://127.0.0.1:3000' };
    for (const headers of [bare, foreign]) {
      for (const route of ['/api/state', '/api/events', '/stream/progress', '/api/stats']) {
        const response = await hub.fetch(route, { headers });
        assert.ok([401, 403].includes(response.status), `${route} ${response.status}`);
        await response.body?.cancel();
      }
      const posted = await hub.fetch('/emit', { method: 'POST', body: event, headers });
      assert.ok([401, 403].includes(posted.status));
    }
    const upgrade = (headers: Record<string, string>): Promise<number> =>
      new Promise((resolve) => {
        const socket = new WebSocket(`${hub.origin.replace('http', 'ws')}/ws`, ['storyloop.v1'], { headers });
        socket.on('error', () => {});
        socket.on('unexpected-response', (_request, response) => {
          resolve(response.statusCode ?? 0);
          socket.terminate();
        });
        socket.on('open', () => {
          resolve(101);
          socket.terminate();
        });
      });
    const authorization = `Bearer ${hub.discovery.token}`;
    assert.equal(await upgrade({}), 401);
    assert.equal(await upgrade({ authorization, origin: 'http://127.0.0.1:3000' }), 403);
    assert.ok([403, 421].includes(await upgrade({ authorization, host: 'evil.example' })));
    assert.equal(await upgrade({ authorization }), 101);
    const total = (text: string): unknown => (JSON.parse(text) as { total_events: unknown }).total_events;
    assert.equal(total(await (await hub.fetch('/api/stats')).text()), total(before));
  });
});
