import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import type { SubscriptionFilter } from '../../../src/events/frames.js';
import type { FeedEntry } from '../../../src/hub/feed.js';
import { catchUp, resumePoint } from '../../../src/hub/replay.js';
import { Subscription } from '../../../src/hub/subscription.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { LogRig, runEvent } from '../log/logRig.js';

const turn = (): Promise<void> => new Promise(setImmediate);

/** A client that takes its time. */
class Reader {
  readonly got: number[] = [];
  readonly subscription: Subscription;
  readonly caughtUp: Promise<void>;
  readonly #following: Disposable;

  constructor(
    rig: LogRig,
    readonly from: number,
    filter: SubscriptionFilter,
    disturbances: number,
  ) {
    this.subscription = new Subscription('s1', filter, from);
    this.#following = rig.feed.follow({
      deliver: (entries) => {
        if (this.subscription.live) this.#take(entries.filter((entry) => this.subscription.take(entry)));
      },
    });
    this.caughtUp = catchUp(rig.log, rig.feed, this.subscription, async (entries) => {
      this.#take(entries);
      // While it reads, something happens.
      if (disturbances-- > 0) await rig.publish(2);
    });
  }

  leave(): void {
    this.subscription.end();
    this.#following[Symbol.dispose]();
  }

  #take(entries: readonly FeedEntry[]): void {
    for (const { seq } of entries) if (seq !== undefined) this.got.push(seq);
  }
}

const command = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      count: fc.integer({ min: 1, max: 9 }),
      waits: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('subscribe' as const),
      since: fc.double({ min: 0, max: 1, noNaN: true }),
      disturbances: fc.integer({ min: 0, max: 3 }),
      filtered: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), which: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), turns: fc.integer({ min: 1, max: 9 }) }) },
);

describe('Replay', () => {
  const folder = useTemporaryFolder();

  it('gives every subscriber each event exactly once and in order, however history, live events and leaving interleave', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 3, maxLength: 30 }), async (commands) => {
        await using rig = await LogRig.open(path.join(folder(), `${++count}`), {
          maxSegmentBytes: 20_000,
          tailEvents: 7,
        });
        // More than is read at a time, because each has a segment of its own, and much more than is in memory.
        for (let segment = 0; segment < 3; segment += 1) await rig.publish(200);
        const readers: { reader: Reader; filtered: boolean }[] = [];
        const left = new Map<Reader, number>();
        const published: Promise<unknown>[] = [];
        for (const step of commands) {
          if (step.do === 'publish') {
            const stored = rig.publish(step.count, step.count % 2 === 0 ? 'even' : 'odd');
            published.push(stored);
            if (step.waits) await stored;
          } else if (step.do === 'subscribe') {
            const from = Math.floor(step.since * rig.feed.position) + 1;
            const filter = step.filtered ? { types: ['log.*'], runs: ['run_a'] } : {};
            readers.push({ reader: new Reader(rig, from, filter, step.disturbances), filtered: step.filtered });
          } else if (step.do === 'leave') {
            const leaver = readers[step.which]?.reader;
            leaver?.leave();
            if (leaver && !left.has(leaver)) left.set(leaver, leaver.got.length);
          } else {
            for (let index = 0; index < step.turns; index += 1) await turn();
          }
        }
        await Promise.all(published);
        await Promise.all(readers.map(({ reader }) => reader.caughtUp));
        await rig.ingest.journal([runEvent('run_a', 1)]);
        const last = rig.feed.position;
        for (const { reader, filtered } of readers) {
          const { from, got } = reader;
          const all = Array.from({ length: last - from + 1 }, (_, index) => from + index);
          const expected = filtered ? [last] : all;
          assert.deepEqual(got, expected.slice(0, left.get(reader)));
          assert.equal(reader.subscription.live, !left.has(reader));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('tells apart why a cursor cannot be resumed from', async () => {
    await using rig = await LogRig.open(folder());
    await rig.publish(3);
    const { log, feed } = rig;
    const answers = ['nonsense', '0:1', `${log.logId}:4`, `${log.logId}:3`, `${log.logId}:0`];
    const points = await Promise.all(answers.map((since) => resumePoint(log, feed, since)));
    assert.deepEqual(points, ['unknown_log', 'unknown_log', 'ahead', 4, 1]);
  });

  it('goes on from the last event that is gone, and from none before it', async () => {
    await using rig = await LogRig.open(folder(), { maxSegmentBytes: 1_000, maxBytes: 8_000 });
    for (let index = 0; index < 60; index += 1) await rig.publish(1);
    await rig.log.retained();
    const oldest = await rig.log.firstSeq();
    assert.ok(oldest > 2);
    const points = [0, oldest - 2, oldest - 1].map((seq) => resumePoint(rig.log, rig.feed, rig.log.cursor(seq)));
    assert.deepEqual(await Promise.all(points), ['expired', 'expired', oldest]);
  });

  it('sends nothing to who has left, nor of a log that has another owner, and never an empty batch', async () => {
    await using rig = await LogRig.open(folder(), { maxSegmentBytes: 600, tailEvents: 1 });
    for (let index = 0; index < 6; index += 1) await rig.publish(1);
    const sizes: number[] = [];
    const sent = (): number => sizes.reduce((sum, size) => sum + size, 0);
    const follow = async (filter: SubscriptionFilter, leaves = false, from = 1): Promise<boolean> => {
      const subscription = new Subscription('s1', filter, from);
      if (leaves) subscription.end();
      await catchUp(rig.log, rig.feed, subscription, (entries) => {
        sizes.push(entries.length);
      });
      return subscription.live;
    };
    assert.deepEqual([await follow({}, true), await follow({}, true, 6)], [false, false]);
    assert.equal(await follow({ types: ['story.started'] }), true);
    assert.equal(sizes.length, 0);
    assert.equal(await follow({}), true);
    assert.equal(sent(), 6);
    await using heir = await LogRig.open(folder());
    assert.deepEqual([await follow({}), await follow({}, false, 6)], [false, false]);
    assert.deepEqual([sent(), heir.log.lastSeq], [6, 6]);
  });

  it('says so when history is damaged, instead of leaving events out', async () => {
    await using rig = await LogRig.open(folder(), { maxSegmentBytes: 600, tailEvents: 1 });
    for (let index = 0; index < 6; index += 1) await rig.publish(1);
    const file = path.join(rig.dir, '1-2.jsonl');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"level":"info"', '"level":"warn"'));
    const reader = new Reader(rig, 1, {}, 0);
    await assert.rejects(reader.caughtUp, /damaged/);
    assert.equal(reader.subscription.live, false);
    assert.deepEqual(
      reader.got,
      Array.from({ length: reader.got.length }, (_, index) => index + 1),
    );
    reader.leave();
  });
});
