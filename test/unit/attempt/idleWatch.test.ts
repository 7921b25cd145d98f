import assert from 'node:assert/strict';
import fc from 'fast-check';
import { IdleWatch } from '../../../src/attempt/idleWatch.js';
import { FakeClock } from '../../rig/fakeClock.js';

describe('An agent that gives no sign of life', () => {
  it('is stopped after so many seconds, at most half a minute later, and never before', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2_000 }),
        fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 30 }),
        (seconds, gaps) => {
          const clock = new FakeClock();
          using watch = new IdleWatch(clock, seconds);
          for (const gap of gaps) {
            clock.advance(Math.min(gap, seconds - 1) * 1_000);
            assert.ok(!watch.signal.aborted);
            watch.onSignOfLife();
          }
          clock.advance(seconds * 1_000 - 1);
          assert.ok(!watch.signal.aborted, 'too early');
          clock.advance(1 + Math.min(30, seconds) * 1_000);
          assert.ok(watch.signal.aborted, 'too late');
        },
      ),
    );
  });

  it('is never stopped when the limit is 0', () => {
    const clock = new FakeClock();
    using watch = new IdleWatch(clock, 0);
    clock.advance(1_000_000_000);
    assert.equal(watch.signal.aborted, false);
  });

  it('is known to have said nothing until it says something', () => {
    using watch = new IdleWatch(new FakeClock(), 900);
    assert.equal(watch.heardNothing, true);
    watch.onSignOfLife();
    assert.equal(watch.heardNothing, false);
  });

  it('is watched no longer once it has ended', () => {
    const clock = new FakeClock();
    {
      using watch = new IdleWatch(clock, 900);
      watch.onSignOfLife();
    }
    assert.equal(clock.pending, 0);
  });
});
