import assert from 'node:assert/strict';
import fc from 'fast-check';
import { KnownIds } from '../../../src/log/knownIds.js';

const capacity = 20;

describe('Known ids', () => {
  it('are the last ones, where they stand, and stay so when they are stored and read', () => {
    const step = fc.record({
      id: fc.string({ unit: 'binary', maxLength: 8 }),
      gap: fc.integer({ min: 1, max: 2 ** 31 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(60), (steps, restart) => {
        let ids = new KnownIds(capacity);
        let known: (readonly [string, number])[] = [];
        let place = 0;
        for (const [index, { id, gap }] of steps.entries()) {
          place += gap;
          if (!known.some(([one]) => one === id)) {
            known = [...known, [id, place] as const].slice(-capacity);
            ids.add(id, place);
          }
          if (index === restart) ids = KnownIds.restore(capacity, JSON.parse(JSON.stringify(ids.snapshot())) as never);
          assert.equal(ids.size, known.length);
        }
        for (const { id } of steps) {
          assert.equal(ids.placeOf(id), known.find(([one]) => one === id)?.[1]);
          assert.equal(ids.withoutPlaces().placeOf(id), known.some(([one]) => one === id) ? 0 : undefined);
        }
      }),
    );
  });

  it('take 16 bytes each in a segment, however long they are', () => {
    const ids = new KnownIds(1_000);
    for (let place = 1; place <= 2_000; place += 1) ids.add(`publisher:${'x'.repeat(100)}${place}`, place);
    assert.equal(ids.snapshot().table.length, 16_000);
    assert.equal(ids.placeOf(`publisher:${'x'.repeat(100)}1000`), undefined);
    assert.equal(ids.placeOf(`publisher:${'x'.repeat(100)}1001`), 1_001);
  });
});
