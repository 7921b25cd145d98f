import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { EventFollower, type FollowerOptions, type FollowState } from '../../../src/client/eventFollower.js';
import { firstCursor } from '../../../src/client/historyPage.js';
import { pollingStream } from '../../../src/client/pollingStream.js';
import { sseStream } from '../../../src/client/sseStream.js';
import { webSocketStream } from '../../../src/client/webSocketStream.js';
import { systemClock, type Clock } from '../../../src/primitives/clock.js';
import { silentLogger } from '../../../src/primitives/logger.js';
import { readDiscovery, type Discovery } from '../../../src/session/discovery.js';
import { UserPaths } from '../../../src/session/paths.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { until } from '../../rig/waiting.js';
import { HubRig } from '../hub/hubRig.js';
import { Gateway } from './gateway.js';

/** Polls and tries again sooner. */
const quickClock: Clock = { ...systemClock, after: (ms, callback) => systemClock.after(ms / 20, callback) };

const allWays = [webSocketStream, sseStream, pollingStream];

/** A follower, what it was told, and how. */
class Following implements AsyncDisposable {
  readonly got: unknown[] = [];
  readonly resets: (readonly [string | undefined, string])[] = [];
  readonly states: FollowState[] = [];
  readonly follower: EventFollower;

  constructor(options: Omit<FollowerOptions, 'onEvent' | 'onReset' | 'onState'>) {
    this.follower = new EventFollower({
      ...options,
      onEvent: (event) => this.got.push(event.data['message']),
      onReset: (...reset) => this.resets.push(reset),
      onState: (state) => this.states.push(state),
    });
    this.follower.start();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.follower[Symbol.asyncDispose]();
  }
}

describe('Who follows a hub', () => {
  const folder = useTemporaryFolder();
  let count = 0;

  const follow = (options: Partial<FollowerOptions> = {}): Following =>
    new Following({
      find: () => readDiscovery(new UserPaths(`${folder()}/home`)),
      filter: { types: ['log.*'] },
      clock: quickClock,
      logger: silentLogger,
      random: () => 0,
      ...options,
    });

  async function publish(rig: HubRig, events: number): Promise<void> {
    const drafts = Array.from({ length: events }, () => ({
      type: 'log.message',
      data: { level: 'info', message: `${++count}` },
    }));
    if (events > 0) assert.ok((await rig.hub.publish('ci', drafts)).ok);
  }

  const upTo = (last: number, first = 1): string[] =>
    Array.from({ length: last - first + 1 }, (_, index) => `${first + index}`);

  beforeEach(() => {
    count = 0;
  });

  for (const transport of allWays) {
    describe(`by ${transport.name}`, () => {
      it('gets every event once and in order from its cursor on, through hubs that go and come on other ports', async () => {
        let rig = await HubRig.start(folder());
        await publish(rig, 3);
        await using following = follow({ transports: [transport], since: `${rig.hub.logId}:1` });
        const ports = new Set<number>();
        for (const events of [2, 0, 5, 1]) {
          ports.add(rig.hub.port);
          await publish(rig, events);
          await rig.hub.publish('ci', [{ type: 'story.started', data: { story_id: 'other' } }]);
          if (events === 5) await until('the first of them', () => following.got.length >= 5);
          await rig.hub.stop();
          rig.forgetPort();
          rig = await HubRig.start(folder());
        }
        await using last = rig;
        await publish(last, 1);
        await until(`all of ${count}; there are ${following.got.join()}`, () => following.got.length >= count - 1);
        assert.deepEqual(following.got, upTo(count, 2));
        assert.deepEqual(following.resets, []);
        assert.ok(ports.size > 1, 'the hubs had several ports');
      });

      it('begins with what comes after it joined, and misses nothing from there, not even before its first event', async () => {
        let rig = await HubRig.start(folder());
        await publish(rig, 1);
        let away = false;
        await using following = follow({
          transports: [transport],
          find: async () => (away ? undefined : readDiscovery(rig.user)),
        });
        await until('the connection', () => following.states.some(({ kind }) => kind === 'following'));
        away = true;
        await rig.hub.stop();
        rig.forgetPort();
        rig = await HubRig.start(folder());
        await using last = rig;
        await publish(last, 1);
        await until('to be told that there is none', () => following.states.some(({ kind }) => kind === 'absent'));
        away = false;
        await until('the event', () => following.got.length > 0);
        assert.deepEqual(following.got, ['2']);
      });

      it('is told openly where it goes on when the log is another one', async () => {
        let rig = await HubRig.start(folder());
        await publish(rig, 2);
        const lost = `${rig.hub.logId}:2`;
        await using following = follow({ transports: [transport], since: `${rig.hub.logId}:0` });
        await until('both', () => following.got.length === 2);
        await rig.hub.stop();
        await rm(rig.user.hubLog, { recursive: true });
        rig = await HubRig.start(folder());
        await using last = rig;
        await until('the reset', () => following.resets.length > 0);
        await publish(last, 1);
        await until('the event', () => following.got.length === 3);
        assert.deepEqual(following.got, ['1', '2', '3']);
        assert.deepEqual(following.resets, [[lost, `${rig.hub.logId}:0`]]);
      });
    });
  }

  it('takes server-sent events where WebSockets do not get through, and polls where streams do not either', async () => {
    await using rig = await HubRig.start(folder());
    const hub = await readDiscovery(rig.user);
    assert.ok(hub);
    let port = 0;
    await using following = follow({
      find: () => Promise.resolve<Discovery>({ ...hub, port }),
      since: `${rig.hub.logId}:0`,
    });
    for (const lets of [
      { webSockets: true, streams: true },
      { webSockets: false, streams: true },
      { webSockets: false, streams: false },
    ]) {
      await using gateway = await Gateway.start(rig.hub.port, lets);
      port = gateway.port;
      await publish(rig, 2);
      await until('what was published', () => following.got.length === count);
      gateway.cut();
      await publish(rig, 2);
      await until('what was published while it was cut', () => following.got.length === count);
    }
    assert.deepEqual(following.got, upTo(12));
    assert.deepEqual(
      [...new Set(following.states.flatMap((state) => (state.kind === 'following' ? [state.transport] : [])))],
      allWays.map(({ name }) => name),
    );
  });

  it('finds where the log begins, also when it is empty', async () => {
    await using rig = await HubRig.start(folder());
    const hub = await readDiscovery(rig.user);
    assert.ok(hub);
    assert.equal(await firstCursor(hub, 5_000), `${rig.hub.logId}:0`);
    await publish(rig, 3);
    assert.equal(await firstCursor(hub, 5_000), `${rig.hub.logId}:0`);
    assert.equal(await firstCursor({ ...hub, token: 'x'.repeat(43) }, 5_000), undefined);
  });

  it('leaves nothing behind when it is ended, whatever it was doing', async () => {
    for (const transport of allWays) {
      const waiting = follow({ transports: [transport] });
      await until('to wait', () => waiting.states.length > 0);
      await waiting.follower[Symbol.asyncDispose]();
      await using rig = await HubRig.start(folder());
      const connected = follow({ transports: [transport] });
      await until('the connection', () => connected.states.length > 0);
      await connected.follower[Symbol.asyncDispose]();
      await until('nobody to be connected', () => connectionsOf(rig).then((open) => open === 0));
    }
  });
});

async function statsOf(rig: HubRig): Promise<Record<string, unknown>> {
  return JSON.parse((await rig.http('/api/stats')).body) as Record<string, unknown>;
}

async function connectionsOf(rig: HubRig): Promise<number> {
  const { websockets, streams } = await statsOf(rig);
  return Number(websockets) + Number(streams);
}
