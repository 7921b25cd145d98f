import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import fc from 'fast-check';
import type { PublishedEvent } from '../../../src/events/envelope.js';
import { FakeClock } from '../../rig/fakeClock.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { until } from '../../rig/waiting.js';
import { HubRig, type TestSocket } from './hubRig.js';

const message = (text: string, type = 'log.message'): PublishedEvent => ({
  type,
  data: { level: 'info', message: text },
});
const progress: PublishedEvent = {
  type: 'command.progress',
  data: { story_key: 'US-1', command: 'agent', task_id: 'a', message: 'told once' },
};

interface Write {
  readonly socket: Socket;
  readonly chunks: readonly Buffer[];
}

/** The writes that reach the system from the hub's side of its connections, until disposed of. */
function watchWrites(port: number): Disposable & { readonly writes: Write[] } {
  const writes: Write[] = [];
  const prototype = Socket.prototype as unknown as Record<
    '_write' | '_writev',
    (this: Socket, ...args: unknown[]) => void
  >;
  const { _write, _writev } = prototype;
  prototype._write = function (chunk, ...rest) {
    if (this.localPort === port) writes.push({ socket: this, chunks: [chunk as Buffer] });
    _write.call(this, chunk, ...rest);
  };
  prototype._writev = function (chunks, ...rest) {
    const buffers = (chunks as { chunk: Buffer }[]).map(({ chunk }) => chunk);
    if (this.localPort === port) writes.push({ socket: this, chunks: buffers });
    _writev.call(this, chunks, ...rest);
  };
  return {
    writes,
    [Symbol.dispose]: () => {
      Object.assign(prototype, { _write, _writev });
    },
  };
}

describe('Delivery', () => {
  const folder = useTemporaryFolder();

  it('writes what a turn brings to a client at once, the answer to its own request included', async () => {
    await using rig = await HubRig.start(folder());
    const clients = [await rig.connect(), await rig.connect(), await rig.connect()];
    const [publisher] = clients;
    const stream = await rig.stream();
    await until('the greeting', () => stream.lastId !== '');
    using watch = watchWrites(rig.hub.port);
    const asked = publisher?.ask({ op: 'publish', id: 1, events: [message('one'), message('two'), progress] });
    assert.equal((await asked)?.op, 'ok');
    await until('every event', () => clients.every((client) => client.messages('s0').length === 3));
    await until('every event of the stream', () => stream.events.length === 3);
    const perSocket = clients.map(({ webSocket }) => {
      const { localPort } = (webSocket as unknown as { _socket: Socket })._socket;
      return watch.writes.filter(({ socket }) => socket.remotePort === localPort).length;
    });
    assert.deepEqual(perSocket, [1, 1, 1]);
    assert.equal(watch.writes.length, 4);
    stream.response.destroy();
  });

  it('frames an event once for all who want the same, and for nobody else', async () => {
    await using rig = await HubRig.start(folder());
    const [one, same, other] = [await rig.connect(), await rig.connect(), await rig.connect()];
    for (const client of [one, same]) await client.ask({ op: 'subscribe', id: 1, types: ['log.*'] });
    await other.ask({ op: 'subscribe', id: 1, types: ['*'] });
    using watch = watchWrites(rig.hub.port);
    assert.ok((await rig.hub.publish('ci', [message('one'), message('two')])).ok);
    await until('every event', () => [one, same, other].every((client) => client.messages('s1').length === 2));
    const chunks = watch.writes.map(({ chunks: [first] }) => first);
    assert.equal(chunks.length, 3);
    assert.equal(new Set(chunks).size, 2);
  });

  it('shares nothing between those who want the same events in different names', async () => {
    await using rig = await HubRig.start(folder());
    const [plain, hub] = [await rig.connect(), await rig.connect()];
    await plain.ask({ op: 'subscribe', id: 1, types: ['log.*'] });
    await hub.ask({ op: 'subscribe', id: 1, types: ['log.*'], names: 'hub' });
    const streams = [await rig.stream(), await rig.stream('/stream/progress?names=hub')] as const;
    await until('the greetings', () => streams.every(({ lastId }) => lastId !== ''));
    assert.ok((await rig.hub.publish('ci', [message('one')])).ok);
    await until('every event', () => [plain, hub].every((client) => client.messages('s1').length === 1));
    await until('every event of the streams', () => streams.every(({ events }) => events.length === 1));
    const frames = [plain, hub].map((client) => client.frames.find(({ op }) => op === 'event')?.['event'] as object);
    const told = [...frames, ...streams.map(({ events: [event] }) => JSON.parse(event?.data ?? '') as object)];
    assert.deepEqual(
      told.map((event) => 'source' in event),
      [true, false, true, false],
    );
    for (const { response } of streams) response.destroy();
  });

  it('gives every subscription of a client its events once and in order, between pings, answers and closes', async () => {
    await using rig = await HubRig.start(folder());
    const types = ['log.message', 'sample.one', 'sample.two'];
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constant('publish' as const),
          type: fc.nat(2),
          count: fc.integer({ min: 1, max: 5 }),
          large: fc.boolean(),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          do: fc.constant('subscribe' as const),
          client: fc.nat(2),
          type: fc.nat(3),
          back: fc.nat(9),
          batch: fc.boolean(),
        }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('unsubscribe' as const), client: fc.nat(2) }) },
      {
        weight: 3,
        arbitrary: fc.record({
          do: fc.constantFrom('ping' as const, 'ask' as const, 'close' as const),
          client: fc.nat(2),
        }),
      },
    );
    const all: { seq: number; type: string }[] = [];
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 20 }), async (steps) => {
        const clients = await Promise.all([0, 1, 2].map(() => rig.connect()));
        const errors: unknown[] = [];
        for (const { webSocket } of clients) webSocket.on('error', (error) => errors.push(error));
        const wishes: { client: TestSocket; id: string; from: number; type: string | undefined; ended: boolean }[] = [];
        const pending: Promise<unknown>[] = [];
        const publish = (type: string, count: number, large: boolean): void => {
          const events = Array.from({ length: count }, () => {
            all.push({ seq: all.length + 1, type });
            return message(`${all.length} ${'x'.repeat(large ? 60_000 : 100)}`, type);
          });
          pending.push(
            rig.hub.publish('ci', events).then((stored) => {
              assert.ok(stored.ok);
            }),
          );
        };
        for (const [index, one] of steps.entries()) {
          const client = 'client' in one ? clients[one.client] : undefined;
          if (one.do === 'publish') publish(types[one.type] ?? '', one.count, one.large);
          if (!client || client.webSocket.readyState !== client.webSocket.OPEN) continue;
          if (one.do === 'subscribe') {
            const type = types[one.type];
            const since = `${rig.hub.logId}:${Math.max(0, Number(rig.hub.cursor.split(':')[1]) - one.back)}`;
            const answer = await client.ask({
              op: 'subscribe',
              id: index,
              since,
              batch: one.batch,
              ...(type && { types: [type] }),
            });
            const from = Number(String(answer['from']).split(':')[1]);
            wishes.push({ client, id: String(answer['subscription']), from, type, ended: false });
          } else if (one.do === 'unsubscribe') {
            const wish = wishes.find((known) => known.client === client && !known.ended);
            if (!wish) continue;
            wish.ended = true;
            client.send({ op: 'unsubscribe', id: index, subscription: wish.id });
          } else if (one.do === 'ping') client.webSocket.ping('x'.repeat(index));
          else if (one.do === 'ask') client.send({ op: 'ping', id: index });
          else if (one.do === 'close') client.webSocket.close();
        }
        for (const type of types) publish(type, 1, false);
        await Promise.all(pending);
        for (const { client, id, from, type, ended } of wishes) {
          const wanted = all.filter(({ seq, type: told }) => seq >= from && (type === undefined || told === type));
          const got = (): number[] => client.messages(id).map((text) => Number.parseInt(String(text), 10));
          const whole = (): boolean => got().length >= wanted.length;
          await until('its events', () => ended || client.closed !== undefined || whole());
          assert.deepEqual(got(), wanted.map(({ seq }) => seq).slice(0, whole() ? undefined : got().length));
        }
        assert.deepEqual(errors, []);
        for (const { webSocket } of clients) webSocket.terminate();
      }),
      { numRuns: 15 },
    );
  });

  it('cuts a client that wants nothing and says nothing for five minutes, and no subscriber that answers pings', async () => {
    const clock = new FakeClock();
    await using rig = await HubRig.start(folder(), { clock });
    const [idle, talking, subscriber] = [await rig.connect(), await rig.connect(), await rig.connect()];
    for (const client of [idle, talking]) {
      await client.ask({ op: 'subscribe', id: 1 });
      await client.ask({ op: 'unsubscribe', id: 2, subscription: 's1' });
    }
    const timers = clock.pending;
    let pinged = 0;
    for (const { webSocket } of [idle, talking, subscriber]) webSocket.on('ping', () => (pinged += 1));
    for (let minutes = 0.5; minutes <= 4.5; minutes += 0.5) {
      pinged = 0;
      clock.advance(30_000);
      await until('the pings', () => pinged === 3);
      // Whoever asks after its pong knows that the pong has come.
      await subscriber.ask({ op: 'ping', id: `s${minutes}` });
      if (minutes === 3) await talking.ask({ op: 'ping', id: 3 });
      await until('the pongs', () => clock.pending === timers);
    }
    assert.equal(idle.closed, undefined);
    clock.advance(30_000);
    await until('the cut', () => idle.closed);
    assert.deepEqual(idle.closed, { code: 4000, reason: 'idle' });
    assert.deepEqual([talking.closed, subscriber.closed], [undefined, undefined]);
    assert.match((await rig.http('/api/stats')).body, /"idle":1/);
  });

  it('gives a client everything that was accepted before it says goodbye, as long as the client takes it', async () => {
    const clock = new FakeClock();
    await using rig = await HubRig.start(folder(), { clock });
    const [late, never] = [await rig.connect(), await rig.connect()];
    const [lateStream, neverStream] = [await rig.stream(), await rig.stream()];
    await until('the greetings', () => lateStream.lastId !== '' && neverStream.lastId !== '');
    for (const client of [late, never]) client.webSocket.pause();
    for (const { response } of [lateStream, neverStream]) response.pause();
    const text = 'x'.repeat(60_000);
    const count = 112;
    for (let index = 0; index < count; index += 7) {
      const events = Array.from({ length: 7 }, (_, offset) => message(`${index + offset} ${text}`));
      assert.ok((await rig.hub.publish('ci', events)).ok);
    }
    const accepted = rig.hub.publish('ci', [message('last')]);
    let stopped = false;
    const stopping = rig.hub.stop().then(() => (stopped = true));
    assert.ok((await accepted).ok);
    late.webSocket.resume();
    lateStream.response.resume();
    await until('all that was accepted', () => late.closed && lateStream.events.length === count + 1);
    assert.deepEqual(late.closed, { code: 1001, reason: 'The hub is stopping' });
    assert.equal(late.messages('s0').length, count + 1);
    assert.equal(late.messages('s0').at(-1), 'last');
    // The others take nothing: they are waited for a second, and no longer.
    assert.equal(stopped, false);
    clock.advance(1_000);
    await stopping;
    for (const client of [never]) client.webSocket.terminate();
    neverStream.response.destroy();
  });
});
