import assert from 'node:assert/strict';
import { passGate } from '../../../src/gate/gate.js';
import { FakeClock } from '../../rig/fakeClock.js';
import { get, request, rulesAt } from './gateRig.js';

describe('The rate of requests', () => {
  it('throttles wrong tokens however the loopback address is written, and serves the right one meanwhile', () => {
    const clock = new FakeClock();
    const rules = rulesAt(clock);
    const attempt = (address: string, headers?: [string, string][]): string => {
      const result = passGate(request({ address, ...(headers ? { headers } : {}) }), rules);
      return result.ok ? 'admitted' : result.error.code;
    };
    const wrong: [string, string][] = [['Authorization', 'Bearer wrong']];
    const addresses = ['127.0.0.1', '::ffff:127.0.0.1', '127.0.0.2', '::1', '127.1.2.3'];
    const codes = addresses.map((address) => attempt(address, wrong));
    assert.deepEqual(codes, ['UNAUTHORIZED', 'UNAUTHORIZED', 'UNAUTHORIZED', 'RATE_LIMITED', 'RATE_LIMITED']);
    assert.equal(attempt('127.0.0.1'), 'admitted');
    clock.advance(1_000);
    assert.equal(attempt('127.0.0.1', wrong), 'UNAUTHORIZED');
  });

  it('throttles wrong tokens where none is needed, too', () => {
    const rules = rulesAt();
    const attempt = (authorization: string): string => {
      const headers: [string, string][] = [['Authorization', authorization]];
      const result = passGate(request({ method: 'GET', target: '/health', headers }), rules);
      return result.ok ? 'admitted' : result.error.message;
    };
    const said = Array.from({ length: 4 }, () => attempt('Bearer wrong'));
    assert.deepEqual(said, ['admitted', 'admitted', 'admitted', 'Too many requests without a valid token']);
    assert.equal(attempt('ABSENT'), 'admitted');
  });

  it('limits the rate of all requests, and forgets with time', () => {
    const clock = new FakeClock();
    const rules = rulesAt(clock, 2);
    const attempt = (): string => {
      const result = passGate(request(get), rules);
      return result.ok ? 'admitted' : result.error.message;
    };
    assert.deepEqual([attempt(), attempt(), attempt()], ['admitted', 'admitted', 'Too many requests']);
    clock.advance(100);
    assert.deepEqual([attempt(), attempt()], ['admitted', 'Too many requests']);
  });
});
