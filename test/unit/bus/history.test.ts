import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EventBus } from '../../../src/bus/eventBus.js';
import { silentLogger } from '../../../src/primitives/logger.js';
import { event } from './busRig.js';

describe('The history of the bus', () => {
  it('is the last thousand durable events, the very objects, by type if asked', () => {
    const bus = new EventBus(silentLogger);
    const events = Array.from({ length: 1_500 }, (_, n) =>
      event(n % 3 === 0 ? 'story.started' : n % 3 === 1 ? 'command.progress' : 'gate.completed', { n }),
    );
    for (const one of events) bus.emit(one);
    const durable = events.filter(({ type }) => type !== 'command.progress');
    assert.equal(bus.history().length, 1_000);
    assert.equal(
      bus.history().every((one, index) => one === durable[index]),
      true,
    );
    assert.deepEqual(
      bus.history('*.started', 2).map(({ data }) => data['n']),
      [1_494, 1_497],
    );
    assert.equal(bus.history('story.*').length, 500);
    bus.emit(event('story.started'));
    assert.equal(bus.history()[0], durable[1]);
  });

  it('holds the newest events that its limits allow, whatever comes and whenever it is cleared', () => {
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.record({ bytes: fc.nat(60) }) },
      { weight: 1, arbitrary: fc.constant('clear' as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const limits = { events: 7, bytes: 100 };
        const bus = new EventBus(silentLogger, { historyEvents: limits.events, historyBytes: limits.bytes });
        let model: { n: number; bytes: number }[] = [];
        for (const [n, one] of steps.entries()) {
          if (one === 'clear') {
            bus.clearHistory();
            model = [];
            continue;
          }
          bus.emit(event('story.started', { n }), one.bytes);
          model.push({ n, bytes: one.bytes });
          const total = (): number => model.reduce((sum, { bytes }) => sum + bytes, 0);
          while (model.length > limits.events || total() > limits.bytes) model.shift();
          assert.deepEqual(bus.stats().history, { events: model.length, bytes: total() });
        }
        assert.deepEqual(
          bus.history().map(({ data }) => data['n']),
          model.map(({ n }) => n),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('counts the bytes itself when nobody did', () => {
    const bus = new EventBus(silentLogger, { historyBytes: 1_000 });
    bus.emit(event('story.started', { text: 'ü'.repeat(200) }));
    assert.ok(bus.stats().history.bytes > 400);
    bus.emit(event('story.started', { text: 'x'.repeat(2_000) }));
    assert.deepEqual(bus.history(), []);
  });
});
