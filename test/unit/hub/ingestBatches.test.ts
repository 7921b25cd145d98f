import assert from 'node:assert/strict';
import type { Envelope, PublishedEvent } from '../../../src/events/envelope.js';
import type { EventLog } from '../../../src/log/eventLog.js';
import { err } from '../../../src/primitives/result.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { LogRig, runEvent } from '../log/logRig.js';

const message = { type: 'log.message', data: { level: 'info', message: 'x' } };
const transient = { type: 'hub.stats', data: { connections: 0, total_events: 0, by_type: {} } };
const many = (count: number): PublishedEvent[] => Array.from({ length: count }, () => message);

describe('A batch', () => {
  const folder = useTemporaryFolder();

  /** Has `append` asked instead of the log, which it may ask in turn; answers how to undo that. */
  function intercept(rig: LogRig, append: (events: readonly Envelope[]) => ReturnType<EventLog['append']>): () => void {
    Object.assign(rig.log, { append });
    return () => Reflect.deleteProperty(rig.log, 'append');
  }

  it('is what waited for the one before, no more than 4,096 events, but a publication is never taken apart', async () => {
    await using rig = await LogRig.open(folder());
    const sizes: number[] = [];
    const append = rig.log.append.bind(rig.log);
    intercept(rig, (events) => {
      sizes.push(events.length);
      return append(events);
    });
    await Promise.all([3_000, 1_096, 1, 5_000, 1].map((count) => rig.ingest.publish('ci', many(count))));
    assert.deepEqual(sizes, [4_096, 1, 5_000, 1]);
  });

  it('is counted as waiting until it is taken', async () => {
    await using rig = await LogRig.open(folder());
    const published = [rig.ingest.publish('ci', many(2)), rig.ingest.publish('ci', many(3))];
    assert.equal(rig.ingest.waiting, 5);
    await Promise.all(published);
    assert.equal(rig.ingest.waiting, 0);
  });

  it("counts each publisher's events on, also those of one publication", async () => {
    await using rig = await LogRig.open(folder());
    await Promise.all([
      rig.ingest.publish('ci', many(2)),
      rig.ingest.publish('other', many(1)),
      rig.ingest.publish('ci', many(1)),
    ]);
    const placed = (await rig.stored()).map(({ event }) => `${event.source} ${event.source_seq}`);
    assert.deepEqual(placed, ['ci 1', 'ci 2', 'other 1', 'ci 3']);
  });

  it('of nothing is stored already', async () => {
    await using rig = await LogRig.open(folder());
    assert.deepEqual(await rig.ingest.publish('ci', []), { ok: true, value: [] });
    assert.deepEqual(await rig.ingest.journal([]), { ok: true, value: undefined });
  });

  describe('that cannot be stored', () => {
    const noRoom = { kind: 'full', message: 'no room' } as const;

    it('is the failure that the hub tells of, with its time, until something could be stored again', async () => {
      await using rig = await LogRig.open(folder());
      assert.equal(rig.ingest.failure, undefined);
      const giveRoom = intercept(rig, () => Promise.resolve(err(noRoom)));
      rig.clock.advance(1_000);
      assert.deepEqual(await rig.ingest.publish('ci', [message]), err(noRoom));
      const failure = { ...noRoom, at: '2026-01-01T00:00:01.000Z' };
      assert.deepEqual(rig.ingest.failure, failure);
      giveRoom();
      assert.ok((await rig.ingest.publish('ci', [transient])).ok);
      assert.deepEqual(rig.ingest.failure, failure, 'nothing was stored');
      assert.ok((await rig.ingest.publish('ci', [message])).ok);
      assert.equal(rig.ingest.failure, undefined);
    });

    it('is told to nobody, and its places are given to the next', async () => {
      await using rig = await LogRig.open(folder());
      const told: unknown[] = [];
      rig.feed.follow({ deliver: (entries) => told.push(...entries.map(({ seq }) => seq)) });
      const giveRoom = intercept(rig, () => Promise.resolve(err(noRoom)));
      await Promise.all([rig.ingest.publish('ci', [message]), rig.ingest.publish('ci', [transient])]);
      assert.deepEqual(told, []);
      giveRoom();
      assert.deepEqual(await rig.ingest.publish('ci', [message]), { ok: true, value: [rig.log.cursor(1)] });
    });

    it('fails nobody whose events were all known before', async () => {
      await using rig = await LogRig.open(folder());
      const mine = { ...message, id: 'mine' };
      const known = await rig.ingest.publish('ci', [mine]);
      await rig.ingest.journal([runEvent('run_a', 1)]);
      const last = await rig.ingest.publish('ci', [{ ...message, id: 'last' }]);
      intercept(rig, () => Promise.resolve(err(noRoom)));
      const answers = await Promise.all([
        rig.ingest.publish('ci', [message]),
        rig.ingest.publish('ci', [mine]),
        rig.ingest.publish('ci', [{ ...message, id: 'last' }]),
        rig.ingest.journal([runEvent('run_a', 1)]),
        rig.ingest.publish('ci', [mine, message]),
        rig.ingest.publish('ci', [transient]),
      ]);
      const failed = err(noRoom);
      assert.deepEqual(answers, [failed, known, last, { ok: true, value: undefined }, failed, failed]);
    });

    it('because of a mistake of ours leaves nobody waiting, and the next one is stored', async () => {
      await using rig = await LogRig.open(folder());
      const repair = intercept(rig, () => Promise.reject(new Error('a mistake')));
      const answer = await rig.ingest.publish('ci', [message]);
      assert.deepEqual(answer, err({ kind: 'io', message: 'Internal error: Error: a mistake' }));
      repair();
      assert.ok((await rig.ingest.publish('ci', [message])).ok);
    });

    it('because there is another owner says so, though there was nothing to store', async () => {
      await using rig = await LogRig.open(folder());
      await using heir = await LogRig.open(folder());
      const fenced = err({ kind: 'fenced', message: 'A higher term exists' });
      assert.deepEqual(await rig.ingest.publish('ci', [transient]), fenced);
      assert.ok((await heir.ingest.publish('ci', [transient])).ok);
    });
  });

  it('comes too late when the hub is stopping, told or published', async () => {
    await using rig = await LogRig.open(folder());
    const told: unknown[] = [];
    rig.feed.follow({ deliver: (entries) => told.push(...entries) });
    await rig.ingest[Symbol.asyncDispose]();
    rig.ingest.tell([runEvent('run_a', 1, transient)]);
    assert.deepEqual(
      await rig.ingest.publish('ci', [message]),
      err({ kind: 'closed', message: 'The hub is stopping' }),
    );
    assert.deepEqual(told, []);
  });
});
