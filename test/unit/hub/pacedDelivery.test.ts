import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Envelope } from '../../../src/events/envelope.js';
import { Feed, type FeedEntry } from '../../../src/hub/feed.js';
import { PacedDelivery } from '../../../src/hub/pacedDelivery.js';
import { Subscription } from '../../../src/hub/subscription.js';
import { silentLogger } from '../../../src/primitives/logger.js';
import { FakeClock } from '../../rig/fakeClock.js';
import { runEvent } from '../log/logRig.js';

function entry(seq: number | undefined, more: Partial<Envelope> = {}): FeedEntry {
  return { seq, event: runEvent('run_a', seq ?? 0, more), json: Buffer.alloc(10) };
}

const output = (task: string, message: string): FeedEntry =>
  entry(undefined, {
    type: 'command.progress',
    data: { story_key: 'US-1', command: 'test', task_id: task, message },
  });

/** A feed that remembers little, over a log that has everything. */
class Paced implements Disposable {
  readonly clock = new FakeClock();
  readonly told: { readonly at: number; readonly entry: FeedEntry }[] = [];
  readonly subscription = new Subscription('s1', {}, 1);
  readonly #all: FeedEntry[] = [];
  readonly #feed = new Feed(0, [], silentLogger, 5);
  readonly #start = this.clock.now();
  isCurrent = true;

  constructor(rate: number, onLost: (paced: Paced, error: unknown) => void = (_, error) => assert.fail(String(error))) {
    const all = this.#all;
    new PacedDelivery(this.subscription, {
      log: {
        isCurrent: () => this.isCurrent,
        // eslint-disable-next-line @typescript-eslint/require-await -- the log reads files
        async *read(from, to) {
          if (from < 0) throw new Error('damaged');
          for (let next = from; next <= to; next += 3) {
            yield all.slice(next - 1, Math.min(to, next + 2)) as never;
          }
        },
      },
      feed: this.#feed,
      clock: this.clock,
      rate,
      send: (sent) => {
        this.told.push({ at: this.clock.now() - this.#start, entry: sent });
      },
      onLost: (error) => {
        onLost(this, error);
      },
    });
  }

  get position(): number {
    return this.#feed.position;
  }

  async publish(count: number, ...transient: FeedEntry[]): Promise<void> {
    const entries = Array.from({ length: count }, (_, index) => entry(this.position + index + 1));
    this.#all.push(...entries);
    this.#feed.publish([...entries, ...transient]);
    await this.settle();
  }

  async advance(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.settle();
  }

  /** Everything that can be done without time passing is done. */
  async settle(): Promise<void> {
    await new Promise(setImmediate);
  }

  get seqs(): (number | undefined)[] {
    return this.told.map((told) => told.entry.seq);
  }

  [Symbol.dispose](): void {
    this.subscription.end();
  }
}

describe('A subscription with a rate', () => {
  it('gets no more than that in any second, at once as long as it may, and the rest when it may again', async () => {
    using paced = new Paced(3);
    await paced.publish(2);
    await paced.advance(600);
    await paced.publish(4);
    assert.deepEqual(paced.seqs, [1, 2, 3]);
    await paced.advance(399);
    assert.equal(paced.told.length, 3);
    await paced.advance(1);
    assert.deepEqual(paced.seqs, [1, 2, 3, 4, 5]);
    await paced.advance(600);
    assert.deepEqual(paced.seqs, [1, 2, 3, 4, 5, 6]);
  });

  it('loses no durable event, doubles and reorders none, and is never told too many, whatever comes when', async () => {
    const step = fc.oneof(
      fc.record({ publish: fc.nat(9), output: fc.nat(2) }, { noNullPrototype: true }),
      fc.record({ wait: fc.nat(1_500) }, { noNullPrototype: true }),
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 25 }), async (rate, steps) => {
        using paced = new Paced(rate);
        for (const one of steps) {
          if ('wait' in one) await paced.advance(one.wait);
          else await paced.publish(one.publish, ...Array.from({ length: one.output }, (_, n) => output(`t${n}`, 'x')));
        }
        for (let turn = 0; turn < 400 && paced.subscription.next <= paced.position; turn += 1)
          await paced.advance(1_000);
        await paced.advance(2_000);
        const durable = paced.seqs.filter((seq) => seq !== undefined);
        assert.deepEqual(
          durable,
          Array.from({ length: paced.position }, (_, index) => index + 1),
        );
        for (const [index, { at }] of paced.told.entries()) {
          const earlier = paced.told[index - rate];
          if (earlier) assert.ok(at - earlier.at >= 1_000, `${rate + 1} within ${at - earlier.at} ms`);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('gets of waiting transient events the latest of each command, when what came before them was told', async () => {
    using paced = new Paced(2);
    await paced.publish(3, output('t1', 'one'), output('t2', 'other'));
    await paced.publish(0, output('t1', 'two'));
    await paced.publish(1, output('t1', 'three'));
    await paced.advance(1_000);
    await paced.advance(1_000);
    const told = paced.told.map(({ entry: { seq, event } }) => seq ?? event.data['message']);
    assert.deepEqual(told, [1, 2, 3, 'three', 'other', 4]);
  });

  it('is told progress even when durable events never stop', async () => {
    using paced = new Paced(1);
    await paced.publish(2, output('t1', 'begun'));
    for (let turn = 0; turn < 4; turn += 1) {
      await paced.publish(3, output('t1', `turn ${turn}`));
      await paced.advance(1_000);
    }
    assert.ok(paced.seqs.includes(undefined), String(paced.seqs));
  });

  it('keeps only so many kinds of transient events waiting', async () => {
    using paced = new Paced(1);
    await paced.publish(1, ...Array.from({ length: 300 }, (_, index) => output(`t${index}`, 'x')));
    for (let turn = 0; turn < 150; turn += 1) await paced.advance(1_000);
    assert.equal(paced.seqs.filter((seq) => seq === undefined).length, 100);
  });

  it('is told of a damaged log, and goes on from where it is put', async () => {
    let lost = 0;
    using paced = new Paced(10, (one) => {
      lost += 1;
      one.subscription.next = one.position + 1;
    });
    paced.subscription.next = -1;
    await paced.publish(7);
    await paced.publish(2);
    assert.equal(lost, 1);
    assert.deepEqual(paced.seqs, [8, 9]);
  });

  it('is served no more when it ended or the hub is none any more, and leaves no timer', async () => {
    using ended = new Paced(1);
    await ended.publish(5);
    ended.subscription.end();
    await ended.settle();
    using outlawed = new Paced(1);
    await outlawed.publish(5);
    outlawed.isCurrent = false;
    await outlawed.advance(1_000);
    assert.deepEqual([ended.seqs, outlawed.seqs], [[1], [1]]);
    await ended.advance(5_000);
    assert.deepEqual([ended.clock.pending, outlawed.clock.pending], [0, 0]);
    assert.deepEqual(ended.seqs, [1]);
  });
});
