import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EventBus } from '../../../src/bus/eventBus.js';
import { matches } from '../../../src/events/pattern.js';
import { silentLogger } from '../../../src/primitives/logger.js';
import { event } from './busRig.js';

const type = fc.constantFrom('story.started', 'story.completed', 'gate.completed', 'outside.very.deep');
const step = fc.oneof(
  fc.record({
    kind: fc.constant('subscribe' as const),
    pattern: fc.constantFrom('*', 'story.*', '*.completed', 'gate.completed', 'outside.*.deep'),
    priority: fc.integer({ min: -2, max: 2 }),
    once: fc.boolean(),
    throws: fc.boolean(),
    /** Of the data's `n`. */
    parity: fc.constantFrom(undefined, 0, 1),
    /** When told, it removes whoever subscribed as the so manieth. */
    removes: fc.option(fc.nat(9), { nil: undefined }),
  }),
  fc.record({ kind: fc.constant('unsubscribe' as const), which: fc.nat(9) }),
  fc.record({ kind: fc.constant('emit' as const), type, n: fc.nat(9) }),
);

interface Model {
  readonly index: number;
  readonly wish: Extract<typeof step extends fc.Arbitrary<infer S> ? S : never, { kind: 'subscribe' }>;
}

describe('The order of the bus', () => {
  it('is by priority, then by subscription, whoever comes, goes, throws or wants one event only', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const bus = new EventBus(silentLogger);
        const subscriptions: Disposable[] = [];
        const told: string[] = [];
        let present: Model[] = [];
        const expected: string[] = [];
        let failures = 0;
        for (const one of steps) {
          if (one.kind === 'subscribe') {
            const index = subscriptions.length;
            const { parity } = one;
            subscriptions.push(
              bus[one.once ? 'once' : 'subscribe'](
                one.pattern,
                ({ type, data }) => {
                  told.push(`${index} ${type} ${String(data['n'])}`);
                  if (one.removes !== undefined) subscriptions[one.removes]?.[Symbol.dispose]();
                  if (one.throws) throw new Error('thrown');
                },
                {
                  priority: one.priority,
                  ...(parity === undefined ? {} : { filter: ({ data }) => Number(data['n']) % 2 === parity }),
                },
              ),
            );
            present.push({ index, wish: one });
          } else if (one.kind === 'unsubscribe') {
            subscriptions[one.which]?.[Symbol.dispose]();
            present = present.filter(({ index }) => index !== one.which);
          } else {
            const order = present.toSorted((a, b) => b.wish.priority - a.wish.priority || a.index - b.index);
            for (const { index, wish } of order) {
              const isThere = present.some((model) => model.index === index);
              const passes = wish.parity === undefined || one.n % 2 === wish.parity;
              if (!isThere || !matches(wish.pattern, one.type) || !passes) continue;
              expected.push(`${index} ${one.type} ${one.n}`);
              if (wish.throws) failures += 1;
              present = present.filter(
                (model) => model.index !== wish.removes && !(wish.once && model.index === index),
              );
            }
            bus.emit(event(one.type, { n: one.n }));
          }
        }
        assert.deepEqual(told, expected);
        assert.equal(bus.stats().handler_failures, failures);
        assert.equal(bus.stats().total_events, steps.filter(({ kind }) => kind === 'emit').length);
      }),
      { numRuns: 300 },
    );
  });
});
