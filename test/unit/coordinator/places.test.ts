import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Places } from '../../../src/coordinator/places.js';

const stories = ['A', 'B', 'C', 'D', 'E', 'F'];
const steps = fc.array(fc.record({ story: fc.constantFrom(...stories), takes: fc.boolean() }), { maxLength: 60 });

describe('Places', () => {
  it('are never held by more than there are, go in the order of asking, and none is free while somebody waits', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), steps, async (count, told) => {
        const places = new Places(count);
        const held = new Set<string>();
        /** All who asked and did not leave, in that order. */
        const asked: string[] = [];
        for (const { story, takes } of told) {
          if (takes) {
            if (!asked.includes(story)) asked.push(story);
            void places.take(story).then(() => held.add(story));
          } else {
            places.leave(story);
            held.delete(story);
            if (asked.includes(story)) asked.splice(asked.indexOf(story), 1);
          }
          await new Promise(setImmediate);
          assert.deepEqual([...held].sort(), asked.slice(0, count).sort());
          assert.equal(places.free, Math.max(0, count - asked.length));
        }
      }),
    );
  });

  it('tell when one is left, and not when nobody had it', async () => {
    const places = new Places(1);
    let left = 0;
    void places.nextLeft().then(() => (left += 1));
    places.leave('A');
    await new Promise(setImmediate);
    assert.equal(left, 0);
    await places.take('A');
    places.leave('A');
    await new Promise(setImmediate);
    assert.equal(left, 1);
  });
});
