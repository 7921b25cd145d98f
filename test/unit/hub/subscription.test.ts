import assert from 'node:assert/strict';
import type { Envelope } from '../../../src/events/envelope.js';
import type { FeedEntry } from '../../../src/hub/feed.js';
import { Subscription } from '../../../src/hub/subscription.js';
import { runEvent } from '../log/logRig.js';

function entry(seq: number | undefined, more: Partial<Envelope> = {}): FeedEntry {
  return { seq, event: runEvent('run_a', seq ?? 0, more), json: Buffer.alloc(0) };
}

describe('A subscription', () => {
  it('takes no entry twice and none from before it began', () => {
    const subscription = new Subscription('s1', {}, 5);
    assert.deepEqual(
      [4, 5, 5, 4, 6, 9, 7].map((seq) => subscription.take(entry(seq))),
      [false, true, false, false, true, true, false],
    );
    assert.equal(subscription.next, 10);
  });

  it('takes transient entries while it is live only', () => {
    const subscription = new Subscription('s1', {}, 1);
    assert.equal(subscription.take(entry(undefined)), false);
    subscription.live = true;
    assert.equal(subscription.take(entry(undefined)), true);
    subscription.end();
    assert.equal(subscription.take(entry(undefined)), false);
  });

  it('wants what fits every part of its filter, and moves on past the rest', () => {
    const filter = {
      types: ['story.*', 'log.message'],
      prds: ['p-1', 'p-2'],
      stories: ['US-1'],
      projects: ['x'],
      runs: ['run_a'],
    };
    const fitting: Partial<Envelope> = { prd_id: 'p-2', story_id: 'US-1', project: 'x' };
    const wants = (more: Partial<Envelope>): boolean => {
      const subscription = new Subscription('s1', filter, 1);
      const wanted = subscription.take(entry(1, more));
      assert.equal(subscription.next, 2);
      return wanted;
    };
    assert.equal(wants(fitting), true);
    for (const other of [
      { type: 'prd.started' },
      { prd_id: 'p-3' },
      { story_id: 'US-2' },
      { project: 'y' },
      { run_id: 'run_b' },
    ]) {
      assert.equal(wants({ ...fitting, ...other }), false, JSON.stringify(other));
    }
  });
});
