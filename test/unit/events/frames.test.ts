import assert from 'node:assert/strict';
import { intentName } from '../../../src/events/catalogue.js';
import { clientFrame } from '../../../src/events/frames.js';

const accepts = (frame: unknown): boolean => clientFrame.safeParse(frame).success;

describe('A frame of a client', () => {
  it('is one of the requests of the protocol', () => {
    const types = ['story.*', '*'];
    assert.ok(
      accepts({ op: 'subscribe', id: 1, types, prds: ['tempconv-prd-3fa2c1'], since: '9f2c:900', batch: true }),
    );
    assert.ok(accepts({ op: 'subscribe' }));
    assert.ok(accepts({ op: 'subscribe_prd', prd_id: 'tempconv-prd-3fa2c1' }));
    assert.ok(accepts({ op: 'unsubscribe', id: 'x', subscription: 's1' }));
    assert.ok(accepts({ op: 'publish', id: 2, events: [{ type: 'story.started', data: { story_id: 'US-1' } }] }));
    assert.ok(accepts({ op: 'send', id: 3, client_id: 'c_8', event: { type: 'log.message' } }));
    assert.ok(accepts({ op: 'subscribe', severities: ['warn'], names: 'sse', max_rate: 10 }));
    assert.ok(accepts({ op: 'ping' }));
  });

  it('can carry every intent', () => {
    for (const name of intentName.options) {
      const frame = { op: `run.${name}`, id: 3, run_id: 'run_one', story_id: 'US-1', ac_index: 1 };
      assert.deepEqual(clientFrame.parse(frame), frame);
    }
  });

  it('is refused when it is none', () => {
    for (const frame of [
      null,
      [],
      'ping',
      {},
      { op: 'shell' },
      { op: 'run.rm', run_id: 'run_one' },
      { op: 'run.pause' },
    ]) {
      assert.equal(accepts(frame), false, JSON.stringify(frame));
    }
  });

  it('is refused when a part of it is wrong', () => {
    assert.equal(accepts({ op: 'subscribe', types: ['story.**'] }), false);
    assert.equal(accepts({ op: 'subscribe', since: 'yesterday' }), false);
    assert.equal(accepts({ op: 'publish', events: [] }), false);
    assert.equal(accepts({ op: 'publish', events: [{ type: 'Story' }] }), false);
    assert.equal(accepts({ op: 'send', event: { type: 'log.message' } }), false);
    for (const rate of [0, -1, 1.5, 1_001, '10']) assert.equal(accepts({ op: 'subscribe', max_rate: rate }), false);
    assert.equal(accepts({ op: 'subscribe', names: 'french' }), false);
    assert.equal(accepts({ op: 'ping', id: 1.5 }), false);
  });

  it('is bounded', () => {
    const many = (length: number): string[] => Array.from({ length }, () => 'story.*');
    assert.equal(accepts({ op: 'subscribe', types: many(100) }), true);
    assert.equal(accepts({ op: 'subscribe', types: many(101) }), false);
    const events = Array.from({ length: 1_001 }, () => ({ type: 'deploy.done' }));
    assert.equal(accepts({ op: 'publish', events }), false);
    assert.equal(accepts({ op: 'subscribe_prd', prd_id: 'x'.repeat(129) }), false);
  });

  it('brings nothing along that the protocol does not have', () => {
    const frame = { op: 'run.retry', run_id: 'run_one', story_id: 'US-1', command: 'rm -rf /' };
    assert.equal('command' in clientFrame.parse(frame), false);
  });
});
