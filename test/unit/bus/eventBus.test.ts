import assert from 'node:assert/strict';
import { EventBus } from '../../../src/bus/eventBus.js';
import { silentLogger } from '../../../src/primitives/logger.js';
import { event, recordingLogger } from './busRig.js';

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

  it('tells what a handler emits after the event that it was told, to all of them in the same order', () => {
    const bus = new EventBus(silentLogger);
    const told: string[] = [];
    bus.subscribe('a.*', () => {
      bus.emit(event('b.two'));
      bus.emit(event('b.three'));
    });
    for (const name of ['first', 'second']) bus.subscribe('*', ({ type }) => told.push(`${name} ${type}`));
    bus.emit(event('a.one'));
    const types = ['a.one', 'b.two', 'b.three'];
    assert.deepEqual(
      told,
      types.flatMap((type) => [`first ${type}`, `second ${type}`]),
    );
  });

  it('ends a conversation of handlers that would never end, and goes on', () => {
    const logger = recordingLogger();
    const bus = new EventBus(logger);
    let told = 0;
    bus.subscribe('*', ({ type }) => {
      told += 1;
      bus.emit(event(type));
    });
    bus.emit(event('story.started'));
    bus.emit(event('story.started'));
    assert.ok(told > 2 && told < 1_000, String(told));
    assert.equal(bus.stats().handler_failures, 2);
    assert.match(logger.errors.join('\n'), /answer/);
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
