import assert from 'node:assert/strict';
import fc from 'fast-check';
import { storyTimeOver } from '../../../src/attempt/attemptFailure.js';
import { StoryTime } from '../../../src/coordinator/storyTime.js';
import { deferred } from '../../../src/primitives/deferred.js';
import { FakeClock } from '../../rig/fakeClock.js';

/** Lets attempts of so many seconds follow each other, with waits in between; answers the attempt in which the time was over. */
async function overIn(limit: number, attempts: readonly { seconds: number; wait: number }[]): Promise<number> {
  const clock = new FakeClock();
  const time = new StoryTime(clock, limit);
  for (const [index, { seconds, wait }] of attempts.entries()) {
    const end = deferred();
    const attempt = time.during(() => end.promise);
    clock.advance(seconds * 1_000);
    const isOver = time.over.aborted;
    end.resolve();
    await attempt;
    assert.equal(clock.pending, 0);
    if (isOver) return index;
    clock.advance(wait * 1_000);
  }
  return -1;
}

const attempts = fc.array(fc.record({ seconds: fc.nat(100), wait: fc.nat(10_000) }), { maxLength: 20 });

describe("A story's time", () => {
  it('is over in the attempt with which all of them took that long, whatever the story waited for in between', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 300 }), attempts, async (limit, told) => {
        const sums = told.map((_, index) => told.slice(0, index + 1).reduce((sum, { seconds }) => sum + seconds, 0));
        assert.equal(
          await overIn(limit, told),
          sums.findIndex((sum) => sum >= limit),
        );
      }),
    );
  });

  it('stands still while an attempt waits for something in its middle', async () => {
    const clock = new FakeClock();
    const time = new StoryTime(clock, 10);
    await time.during(async () => {
      clock.advance(9_000);
      await time.aside(() => {
        clock.advance(100_000);
        return Promise.resolve();
      });
      assert.ok(!time.over.aborted);
      clock.advance(1_000);
      assert.ok(time.over.aborted);
    });
    assert.equal(clock.pending, 0);
  });

  it('is never over without a limit', async () => {
    assert.equal(await overIn(0, [{ seconds: 10_000_000, wait: 0 }]), -1);
  });

  it('ends what runs with its name, and counts what throws', async () => {
    const clock = new FakeClock();
    const time = new StoryTime(clock, 10);
    const thrown = time.during(() => {
      clock.advance(9_000);
      return Promise.reject(new Error('thrown'));
    });
    await assert.rejects(thrown, /thrown/);
    const end = deferred();
    const attempt = time.during(() => end.promise);
    clock.advance(1_000);
    assert.equal(time.over.reason, storyTimeOver);
    end.resolve();
    await attempt;
  });
});
