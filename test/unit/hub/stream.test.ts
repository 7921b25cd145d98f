import assert from 'node:assert/strict';
import fc from 'fast-check';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { until } from '../../rig/waiting.js';
import { FakeClock } from '../../rig/fakeClock.js';
import { HubRig } from './hubRig.js';

const message = (text: string): object => ({ type: 'log.message', data: { level: 'info', message: text } });
const textOf = (data: string): unknown => (JSON.parse(data) as { data: { message: unknown } }).data.message;

describe('The event stream', () => {
  const folder = useTemporaryFolder();

  it('gives type, cursor and envelope, resumes by Last-Event-ID or since, and filters', async () => {
    await using rig = await HubRig.start(folder());
    await rig.emit([message('one'), { type: 'story.started', data: { story_id: 'US-1' } }, message('two')]);
    const at = (seq: number): string => `${rig.hub.logId}:${seq}`;
    const all = await rig.stream(`/stream/progress?since=${at(0)}`);
    const later = await rig.stream('/stream/progress', { headers: { 'Last-Event-ID': at(2) } });
    const stories = await rig.stream(`/stream/progress?since=${at(0)}&type=story.*`);
    const live = await rig.stream();
    await until('the greeting', () => live.lastId === at(3));
    await rig.emit(message('three'));
    await until('all events', () => all.events.length === 4 && later.events.length === 2 && live.events.length === 1);
    await until('the story', () => stories.events.length === 1);
    assert.deepEqual(
      all.events.map(({ event, id }) => [event, id]),
      [
        ['log.message', at(1)],
        ['story.started', at(2)],
        ['log.message', at(3)],
        ['log.message', at(4)],
      ],
    );
    assert.deepEqual(
      later.events.map(({ data }) => textOf(data)),
      ['two', 'three'],
    );
    assert.equal(stories.events[0]?.event, 'story.started');
    assert.equal((JSON.parse(all.events[3]?.data ?? '') as { cursor: string }).cursor, at(4));
    assert.equal(live.retry, '2000');
    assert.equal(live.response.headers['content-type'], 'text/event-stream; charset=utf-8');
    for (const { response } of [all, later, stories, live]) response.destroy();
    await until('nobody to be connected', async () => (await rig.http('/api/stats')).body.includes('"streams":0'));
  });

  it('says "reset" for a cursor that it does not know, and for what is none', async () => {
    await using rig = await HubRig.start(folder());
    await rig.emit(message('before'));
    for (const id of ['0:1', `${rig.hub.logId}:9`, 'garbage']) {
      const stream = await rig.stream('/stream/progress', { headers: { 'Last-Event-ID': id } });
      await until('the reset', () => stream.events.length === 1);
      assert.equal(stream.events[0]?.event, 'reset');
      assert.deepEqual((JSON.parse(stream.events[0].data) as { state: unknown }).state, { runs: [], interrupted: [] });
      await rig.emit(message('after'));
      await until('what comes after', () => stream.events.length === 2);
      stream.response.destroy();
    }
  });

  it('cannot be made to say something else by what an event contains', async () => {
    await using rig = await HubRig.start(folder());
    const stream = await rig.stream();
    await until('the greeting', () => stream.lastId !== '');
    const nasty = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .array(
          fc.constantFrom('\n', '\r', '\r\n', '\u2028', '\0', 'data: x', 'event: prd.completed', 'id: 0:9', ':', ' '),
          { maxLength: 8 },
        )
        .map((parts) => parts.join('')),
    );
    const name = nasty.filter((text) => text.length > 0 && text.length <= 128);
    // Which the hub refuses, see jsonLimits.ts.
    const key = nasty.filter((text) => text !== '__proto__');
    await fc.assert(
      fc.asyncProperty(nasty, name, fc.dictionary(key, nasty), async (text, prd, extra) => {
        const before = stream.events.length;
        const event = { type: 'log.message', prd_id: prd, data: { ...extra, level: 'info', message: text } };
        const answer = await rig.emit(event);
        assert.equal(answer.status, 200, answer.body);
        await until('the event', () => stream.events.length > before);
        const told = stream.events.slice(before);
        assert.equal(told.length, 1);
        assert.equal(told[0]?.event, 'log.message');
        assert.deepEqual([told[0].id], (JSON.parse(answer.body) as { cursors: unknown }).cursors);
        assert.equal(textOf(told[0].data), Buffer.from(text).toString());
      }),
      { numRuns: 40 },
    );
    for (const bad of [{ type: 'a.b\ndata: x' }, { type: 'a.b', id: 'x\nid: 1' }, { type: 'a.b', id: 'a b' }]) {
      assert.equal((await rig.emit({ ...bad, data: {} })).status, 400);
    }
    stream.response.destroy();
  });

  it('carries transient events without an id, and a heartbeat', async () => {
    const clock = new FakeClock();
    await using rig = await HubRig.start(folder(), { clock });
    const stream = await rig.stream();
    await until('the greeting', () => stream.lastId !== '');
    const { lastId } = stream;
    clock.advance(10_000);
    await until('the statistics', () => stream.events.length > 0);
    assert.deepEqual([stream.events[0]?.event, stream.events[0]?.id], ['hub.stats', lastId]);
    clock.advance(5_000);
    await until('the heartbeat', () => stream.comments === 1);
    stream.response.destroy();
  });

  it('cuts a client that does not read, and only that one', async () => {
    await using rig = await HubRig.start(folder());
    const [slow, quick] = [await rig.stream(), await rig.stream()];
    await until('the greetings', () => slow.lastId !== '' && quick.lastId !== '');
    slow.response.pause();
    const text = 'x'.repeat(60_000);
    for (let index = 0; index < 40; index += 1) {
      await rig.hub.publish(
        'ci',
        Array.from({ length: 10 }, () => ({ type: 'log.message', data: { level: 'info', message: text } })),
      );
    }
    await until('the quick one to have all', () => quick.events.length === 400);
    await until('the cut', async () => (await rig.http('/api/stats')).body.includes('"slow_consumer":1'));
    assert.equal(quick.ended, false);
    slow.response.resume();
    await until('the end', () => slow.ended);
    quick.response.destroy();
  });
});
