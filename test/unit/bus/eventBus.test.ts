import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EventBus, type BusEvent } from '../../../src/bus/eventBus.js';
import { silentLogger, type Logger } from '../../../src/primitives/logger.js';

function event(type: string, data: Record<string, unknown> = {}): BusEvent {
  return { id: 'e', type, timestamp: '2026-01-01T00:00:00.000Z', source: 'test', term: 0, source_seq: 1, data };
}

function recordingLogger(): Logger & { readonly errors: string[] } {
  const errors: string[] = [];
  return { ...silentLogger, errors, error: (message) => errors.push(message) };
}

describe('EventBus', () => {
  it('tells exact patterns, prefixes and the wildcard, and nobody else', () => {
    const bus = new EventBus(silentLogger);
    const told: string[] = [];
    for (const pattern of ['story.started', 'story.*', '*', 'stor.*', 'story', 'prd.*']) {
      bus.subscribe(pattern, ({ type }) => told.push(`${pattern} ${type}`));
    }
    bus.emit(event('story.started'));
    bus.emit(event('story.other.deep'));
    assert.deepEqual(told, [
      'story.started story.started',
      'story.* story.started',
      '* story.started',
      'story.* story.other.deep',
      '* story.other.deep',
    ]);
  });

  it('gives a handler of an exact type its typed data', () => {
    const bus = new EventBus(silentLogger);
    let passed = 0;
    bus.subscribe(
      'test.run',
      ({ data }) => {
        passed += data.passed;
        // @ts-expect-error: the catalogue says that it is a number
        const text: string = data.passed;
        assert.equal(typeof text, 'number');
      },
      { filter: ({ data }) => data.failed === 0 },
    );
    bus.emit(event('test.run', { story_id: 'US-1', passed: 2, failed: 0, total: 2 }));
    bus.emit(event('test.run', { story_id: 'US-1', passed: 5, failed: 1, total: 6 }));
    assert.equal(passed, 2);
  });

  it('tells by priority, then in the order of subscription, whatever the patterns', () => {
    const arbitrary = fc.array(
      fc.record({
        pattern: fc.constantFrom('*', 'story.*', 'story.started'),
        priority: fc.integer({ min: -2, max: 2 }),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(arbitrary, (subscriptions) => {
        const bus = new EventBus(silentLogger);
        const told: number[] = [];
        subscriptions.forEach(({ pattern, priority }, index) => {
          bus.subscribe(pattern, () => told.push(index), { priority });
          bus.emit(event('story.started'));
        });
        told.length = 0;
        bus.emit(event('story.started'));
        const expected = subscriptions.map((_, index) => index);
        const priorityOf = (index: number): number => subscriptions[index]?.priority ?? 0;
        expected.sort((a, b) => priorityOf(b) - priorityOf(a) || a - b);
        assert.deepEqual(told, expected);
      }),
      { numRuns: 200 },
    );
  });

  it('lets a throwing, a rejecting and a badly filtered handler disturb nobody, and counts and logs them', async () => {
    const logger = recordingLogger();
    const bus = new EventBus(logger);
    let told = 0;
    bus.subscribe(
      '*',
      () => {
        throw new Error('thrown');
      },
      { priority: 9 },
    );
    bus.subscribe('story.*', () => Promise.reject(new Error('rejected')), { priority: 8 });
    bus.subscribe('*', () => {}, {
      priority: 7,
      filter: () => {
        throw new Error('in the filter');
      },
    });
    bus.subscribe('story.started', () => {
      told += 1;
    });
    bus.subscribe('*', () => {
      told += 1;
    });
    bus.emit(event('story.started'));
    await new Promise(setImmediate);
    assert.equal(told, 2);
    assert.equal(bus.stats().handler_failures, 3);
    assert.deepEqual(
      ['thrown', 'rejected', 'in the filter'].filter((text) => !logger.errors.join('\n').includes(text)),
      [],
    );
  });

  it('does not tell a handler any more once it is disposed, not even of the event that is being told', () => {
    const bus = new EventBus(silentLogger);
    let told = 0;
    bus.subscribe('*', () => {
      second[Symbol.dispose]();
    });
    const second = bus.subscribe('*', () => {
      told += 1;
    });
    bus.emit(event('story.started'));
    bus.emit(event('story.started'));
    second[Symbol.dispose]();
    assert.equal(told, 0);
  });

  it('refuses what is no pattern', () => {
    assert.throws(() => new EventBus(silentLogger).subscribe('story.**', () => {}), RangeError);
  });

  it('counts events by type, and does not grow without bounds with types from outside', () => {
    const bus = new EventBus(silentLogger);
    let told = 0;
    bus.subscribe('*', () => {
      told += 1;
    });
    for (let index = 0; index < 3_000; index += 1) bus.emit(event(`outside.t${index}`));
    bus.emit(event('outside.t1'));
    const { total_events: total, by_type: byType } = bus.stats();
    assert.equal(told, 3_001);
    assert.equal(total, 3_001);
    assert.equal(byType['outside.t1'], 2);
    assert.ok(Object.keys(byType).length <= 1_001);
    assert.equal(
      Object.values(byType).reduce((sum, count) => sum + count, 0),
      3_001,
    );
  });
});
