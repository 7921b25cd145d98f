import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import fc from 'fast-check';
import { HubClient } from '../../../src/client/hubClient.js';
import type { Envelope } from '../../../src/events/envelope.js';
import { systemClock } from '../../../src/primitives/clock.js';
import { silentLogger } from '../../../src/primitives/logger.js';
import { readDiscovery } from '../../../src/session/discovery.js';
import { UserPaths } from '../../../src/session/paths.js';
import { foldHub } from '../../../src/state/hubState.js';
import { emptyHub, type HubState } from '../../../src/state/hubState.js';
import { restoreHub, snapshotHub } from '../../../src/state/snapshot.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { until } from '../../rig/waiting.js';
import { FakeClock } from '../../rig/fakeClock.js';
import { HubRig } from '../hub/hubRig.js';

const message = (text: string): { type: string; data: Record<string, unknown> } => ({
  type: 'log.message',
  data: { level: 'info', message: text },
});

describe('The client of a hub', () => {
  const folder = useTemporaryFolder();
  const user = (): UserPaths => new UserPaths(`${folder()}/home`);
  const newClient = (options: Partial<ConstructorParameters<typeof HubClient>[0]> = {}): HubClient =>
    new HubClient({
      find: () => readDiscovery(user()),
      clock: systemClock,
      logger: silentLogger,
      random: () => 0,
      ...options,
    });

  it('waits for a hub to appear, publishes under its name, and answers with cursors', async () => {
    await using client = newClient({ publisher: 'ci' });
    assert.deepEqual(await client.publish([message('x')]), {
      ok: false,
      error: { code: 'UNAVAILABLE', message: 'There is no connection to a hub' },
    });
    client.start();
    await until('an attempt', () => client.state.kind === 'waiting');
    await using rig = await HubRig.start(folder());
    await until('the connection', () => client.state.kind === 'open');
    const published = await client.publish([message('one'), message('two')]);
    assert.deepEqual(published, { ok: true, value: [`${rig.hub.logId}:1`, `${rig.hub.logId}:2`] });
    const refused = await client.publish([{ type: 'test.run', data: {} }]);
    assert.equal(refused.ok ? 'ok' : refused.error.code, 'INVALID_EVENT');
    const asked = await client.request('pause', { run_id: 'run_unknown' });
    assert.equal(asked.ok ? 'ok' : asked.error.code, 'UNKNOWN_RUN');
    assert.deepEqual([...rig.hub.state.runs], []);
  });

  it('gets each event exactly once and in order through any number of lost hubs, and from the cursor that it gave', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 4 }), async (lives) => {
        const home = `${folder()}/${++count}`;
        let rig = await HubRig.start(home);
        const got: unknown[] = [];
        const late: unknown[] = [];
        const textOf = (event: Envelope): unknown => event.data['message'];
        await using client = newClient({ find: () => readDiscovery(rig.user) });
        client.subscribe({ types: ['log.*'] }, { onEvent: (event) => got.push(textOf(event)) }, `${rig.hub.logId}:0`);
        client.start();
        let total = 0;
        let isLate = false;
        for (const published of lives) {
          for (let index = 0; index < published; index += 1) void rig.hub.publish('ci', [message(`${++total}`)]);
          await rig.hub.stop();
          rig = await HubRig.start(home);
          if (total > 3 && !isLate) {
            isLate = true;
            client.subscribe({}, { onEvent: (event) => late.push(textOf(event)) }, `${rig.hub.logId}:2`);
          }
        }
        await rig.hub.publish('ci', [message(`${++total}`)]);
        const expected = Array.from({ length: total }, (_, index) => `${index + 1}`);
        await until(`${total} events; there are ${got.length}`, () => got.length >= total);
        assert.deepEqual(got, expected);
        if (isLate) {
          await until('the late one', () => late.length >= total - 2);
          assert.deepEqual(late, expected.slice(2));
        }
        await rig.hub.stop();
      }),
      { numRuns: 6 },
    );
  });

  it('misses nothing that happened while it was away, not even before its first event', async () => {
    let rig = await HubRig.start(folder());
    let away = false;
    await using client = newClient({ find: async () => (away ? undefined : readDiscovery(rig.user)) });
    const got: unknown[] = [];
    await rig.hub.publish('ci', [message('before')]);
    client.subscribe({}, { onEvent: (event) => got.push(event.data['message']) });
    client.start();
    await until('the connection', () => client.state.kind === 'open');
    // Answered after the subscription.
    await client.request('pause', { run_id: 'run_unknown' });
    away = true;
    await rig.hub.stop();
    rig = await HubRig.start(folder());
    await rig.hub.publish('ci', [message('meanwhile')]);
    away = false;
    await until('the event', () => got.length > 0);
    assert.deepEqual(got, ['meanwhile']);
    await rig.hub.stop();
  });

  it("has the hub's own state, from the snapshot and the events after it, however often it begins anew", async () => {
    await using rig = await HubRig.start(folder());
    const story = (
      status: 'completed' | 'failed',
      id: string,
    ): { type: string; prd_id: string; data: Record<string, unknown> } => ({
      type: 'story.completed',
      prd_id: 'p-1',
      data: { story_id: id, success: status === 'completed', status },
    });
    await rig.hub.publish('ci', [story('completed', 'US-1')]);
    await using client = newClient();
    const views: HubState[] = [];
    const follow = (): void => {
      let view = emptyHub();
      const index = views.push(view) - 1;
      client.subscribe(
        {},
        {
          onSnapshot: (snapshot) => {
            view = restoreHub(snapshot);
            views[index] = view;
          },
          onEvent: (event) => foldHub(view, event),
        },
        'snapshot',
      );
    };
    follow();
    client.start();
    await until('the connection', () => client.state.kind === 'open');
    follow();
    await rig.hub.publish('ci', [story('failed', 'US-2')]);
    follow();
    await rig.hub.publish('ci', [story('completed', 'US-3')]);
    const expected = snapshotHub(rig.hub.state);
    await until('three stories everywhere', () =>
      views.every((view) => view.runs.get('external:ci:p-1')?.stories.size === 3),
    );
    for (const view of views) assert.deepEqual(snapshotHub(view), expected);
  });

  it('leaves its connection when it is told that the hub is another one, and misses nothing', async () => {
    await using stale = await HubRig.start(`${folder()}/stale`);
    await using rig = await HubRig.start(folder());
    let user = stale.user;
    await using client = newClient({ find: () => readDiscovery(user) });
    const got: unknown[] = [];
    let resets = 0;
    client.subscribe(
      {},
      { onEvent: ({ data }) => got.push(data['message']), onSnapshot: () => (resets += 1) },
      'snapshot',
    );
    client.start();
    await until('the connection', () => client.state.kind === 'open');
    user = rig.user;
    client.reconnect();
    await until('the state of the other', () => resets === 2);
    await rig.hub.publish('ci', [message('here')]);
    await until('the event', () => got.length > 0);
    assert.deepEqual(got, ['here']);
    client.reconnect();
    await until('the loss', () => client.state.kind !== 'open');
    await rig.hub.publish('ci', [message('meanwhile')]);
    await until('the other event', () => got.length > 1);
    assert.deepEqual(got, ['here', 'meanwhile']);
    assert.equal(resets, 2);
  });

  it('gives the state, and says so, when the log that it knew is lost, and goes on after it', async () => {
    let rig = await HubRig.start(folder());
    await rig.hub.publish('ci', [message('one')]);
    await using client = newClient();
    const got: unknown[] = [];
    const snapshots: string[] = [];
    const listener = {
      onEvent: (event: Envelope) => got.push(event.data['message']),
      onSnapshot: (_state: unknown, cursor: string) => snapshots.push(cursor),
    };
    client.subscribe({}, listener, `${rig.hub.logId}:0`);
    client.start();
    await until('the first', () => got.length === 1);
    assert.deepEqual(snapshots, []);
    const before = rig.hub.logId;
    await rig.hub.stop();
    await rm(rig.user.hubLog, { recursive: true });
    rig = await HubRig.start(folder());
    await using last = rig;
    assert.notEqual(last.hub.logId, before);
    await until('the state', () => snapshots.length === 1);
    await last.hub.publish('ci', [message('two')]);
    await until('the second', () => got.length === 2);
    assert.deepEqual(got, ['one', 'two']);
    assert.deepEqual(snapshots, [`${last.hub.logId}:0`]);
  });

  it('stops telling a listener that was disposed', async () => {
    await using rig = await HubRig.start(folder());
    await using client = newClient();
    const [one, two]: [string[], string[]] = [[], []];
    const first = client.subscribe({}, { onEvent: ({ type }) => one.push(type) });
    client.subscribe({}, { onEvent: ({ type }) => two.push(type) });
    client.start();
    await until('the connection', () => client.state.kind === 'open');
    assert.ok((await client.publish([message('x')])).ok);
    await until('both', () => one.length === 1 && two.length === 1);
    first[Symbol.dispose]();
    assert.ok((await client.publish([message('x')])).ok);
    await until('the other', () => two.length === 2);
    assert.equal(one.length, 1);
    assert.equal(rig.hub.cursor, `${rig.hub.logId}:2`);
  });

  it('leaves a silent connection, and leaves no timer behind when it is disposed', async () => {
    await using rig = await HubRig.start(folder());
    const clock = new FakeClock();
    const client = newClient({ clock });
    client.start();
    await until('the connection', () => client.state.kind === 'open');
    clock.advance(45_000);
    await until('the loss', () => client.state.kind === 'waiting');
    clock.advance(10_000);
    await until('another connection', () => client.state.kind === 'open');
    await client[Symbol.asyncDispose]();
    assert.equal(clock.pending, 0);
    await until('nobody to be connected', async () => (await rig.http('/api/stats')).body.includes('"websockets":0'));
  });
});
