import assert from 'node:assert/strict';
import fc from 'fast-check';
import { nextConnection, type ConnectionInput, type ConnectionState } from '../../../src/client/connection.js';

const idle: ConnectionState = { kind: 'idle' };

function after(...inputs: ConnectionInput[]): ConnectionState {
  return inputs.reduce<ConnectionState>((state, input) => nextConnection(state, input, 0), idle);
}

describe('A connection', () => {
  it('opens, waits when it is lost, and tries again', () => {
    assert.deepEqual(after('start'), { kind: 'connecting', attempt: 1 });
    assert.deepEqual(after('start', 'opened'), { kind: 'open' });
    assert.deepEqual(after('start', 'opened', 'lost'), { kind: 'waiting', attempt: 0, delayMs: 125 });
    assert.deepEqual(after('start', 'lost', 'elapsed', 'lost'), { kind: 'waiting', attempt: 2, delayMs: 500 });
    assert.deepEqual(after('start', 'lost', 'elapsed', 'opened', 'lost'), {
      kind: 'waiting',
      attempt: 0,
      delayMs: 125,
    });
  });

  it('never leaves "stopped", never waits longer than 2 s or not at all, and ignores what means nothing', () => {
    const input = fc.constantFrom<ConnectionInput>('start', 'opened', 'lost', 'elapsed', 'stop');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(input, fc.double({ min: 0, max: 0.999, noNaN: true })), { maxLength: 60 }),
        (steps) => {
          let state: ConnectionState = idle;
          let stopped = false;
          for (const [step, random] of steps) {
            const before: ConnectionState = state;
            state = nextConnection(before, step, random);
            stopped ||= step === 'stop';
            assert.equal(state.kind === 'stopped', stopped);
            if (state.kind === 'waiting') assert.ok(state.delayMs >= 125 && state.delayMs <= 2_000);
            if (state.kind === 'open')
              assert.ok(before.kind === 'open' || (before.kind === 'connecting' && step === 'opened'));
          }
        },
      ),
    );
  });
});
