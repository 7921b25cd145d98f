import assert from 'node:assert/strict';
import { EventBus } from '../../../src/bus/eventBus.js';
import { silentLogger } from '../../../src/primitives/logger.js';
import { FakeClock } from '../../rig/fakeClock.js';
import { event, recordingLogger } from './busRig.js';

describe('Waiting for an event', () => {
  it('ends with the first one that passes, and leaves no timer and no handler behind', async () => {
    const clock = new FakeClock();
    const bus = new EventBus(silentLogger, { clock });
    const controller = new AbortController();
    const waiting = bus.waitFor('test.run', {
      timeout: 1_000,
      filter: ({ data }) => data.failed > 0,
      signal: controller.signal,
    });
    bus.emit(event('story.started'));
    bus.emit(event('test.run', { failed: 0 }));
    bus.emit(event('test.run', { failed: 3 }));
    bus.emit(event('test.run', { failed: 4 }));
    controller.abort();
    clock.advance(2_000);
    const found = await waiting;
    assert.equal(found.ok && found.value.data.failed, 3);
    assert.equal(clock.pending, 0);
    const { calls } = bus.stats().handler_time;
    bus.emit(event('test.run', { failed: 5 }));
    assert.equal(bus.stats().handler_time.calls, calls);
  });

  it('ends when the time is over, and not before', async () => {
    const clock = new FakeClock();
    const bus = new EventBus(silentLogger, { clock });
    const results: unknown[] = [];
    const waiting = bus.waitFor('*', { timeout: 1_000 }).then((result) => results.push(result));
    clock.advance(999);
    await Promise.resolve();
    assert.deepEqual(results, []);
    clock.advance(1);
    await waiting;
    assert.deepEqual(results, [{ ok: false, error: 'timeout' }]);
  });

  it('ends when it is called off, also beforehand', async () => {
    const clock = new FakeClock();
    const bus = new EventBus(silentLogger, { clock });
    const controller = new AbortController();
    const waiting = bus.waitFor('*', { timeout: 1_000, signal: controller.signal });
    controller.abort();
    const tooLate = bus.waitFor('*', { timeout: 1_000, signal: controller.signal });
    assert.deepEqual(await Promise.all([waiting, tooLate]), [
      { ok: false, error: 'aborted' },
      { ok: false, error: 'aborted' },
    ]);
    assert.equal(clock.pending, 0);
  });

  it('refuses what is no pattern', async () => {
    await assert.rejects(new EventBus(silentLogger).waitFor('story.**'), RangeError);
  });
});

describe('A slow handler', () => {
  it('is counted each time and said once, and delays no count of others', () => {
    const clock = new FakeClock();
    const logger = recordingLogger();
    const bus = new EventBus(logger, { clock, slowHandlerMs: 50 });
    bus.subscribe('story.*', () => {
      clock.advance(60);
    });
    bus.subscribe('*', () => {
      clock.advance(49);
    });
    for (let count = 0; count < 40; count += 1) bus.emit(event('story.started'));
    const { slow_handlers: slow, handler_time: time } = bus.stats();
    assert.equal(slow, 40);
    assert.deepEqual(time, { calls: 80, total_ms: 40 * (60 + 49), max_ms: 60 });
    assert.equal(logger.warnings.length, 1);
    assert.match(logger.warnings[0] ?? '', /"story\.\*" took 60 ms/);
  });

  it('is found at the latest after 32 events, if it was quick before', () => {
    const clock = new FakeClock();
    const bus = new EventBus(silentLogger, { clock });
    let takes = 0;
    bus.subscribe('*', () => {
      clock.advance(takes);
    });
    bus.emit(event('story.started'));
    takes = 100;
    for (let count = 0; count < 32; count += 1) bus.emit(event('story.started'));
    assert.equal(bus.stats().slow_handlers, 1);
    bus.emit(event('story.started'));
    assert.equal(bus.stats().slow_handlers, 2);
  });

  it('is one whose promise takes long, too, whatever becomes of it', async () => {
    const clock = new FakeClock();
    const logger = recordingLogger();
    const bus = new EventBus(logger, { clock });
    let settle: (error?: Error) => void = () => {};
    bus.subscribe(
      '*',
      () =>
        new Promise<void>((resolve, reject) => {
          settle = (error) => {
            if (error) reject(error);
            else resolve();
          };
        }),
    );
    bus.emit(event('story.started'));
    clock.advance(70);
    settle();
    await new Promise(setImmediate);
    bus.emit(event('story.started'));
    clock.advance(80);
    settle(new Error('rejected'));
    await new Promise(setImmediate);
    const { slow_handlers: slow, handler_failures: failures, handler_time: time } = bus.stats();
    assert.deepEqual({ slow, failures, longest: time.max_ms }, { slow: 2, failures: 1, longest: 80 });
    assert.equal(logger.warnings.length, 1);
  });
});
