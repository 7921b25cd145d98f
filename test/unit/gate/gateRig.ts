import { BrowserSessions } from '../../../src/gate/browserSessions.js';
import { Credentials, scopedToken } from '../../../src/gate/credentials.js';
import { loopbackDoor } from '../../../src/gate/door.js';
import type { GateRequest, GateRules } from '../../../src/gate/gate.js';
import { RateLimiter } from '../../../src/gate/rateLimiter.js';
import { FakeClock } from '../../rig/fakeClock.js';

export const token = 'the-right-token';
export const port = 18_790;
export const host = `127.0.0.1:${port}`;

export const mayRead = scopedToken(token, 'read');
export const mayPublish = scopedToken(token, 'publish');
export const mayPublishAsCi = scopedToken(token, 'publish', 'ci');

export function rulesAt(clock = new FakeClock(), requests = 1_000): GateRules {
  return {
    door: loopbackDoor(port),
    credentials: new Credentials(token),
    sessions: new BrowserSessions(token, clock),
    requests: new RateLimiter(clock, { burst: requests, perSecond: 10 }),
    failures: new RateLimiter(clock, { burst: 3, perSecond: 1 }),
    allowedOrigins: [],
    allowTokenless: false,
  };
}

export type Change = Partial<Omit<GateRequest, 'rawHeaders'>> & { readonly headers?: readonly [string, string][] };

/** A request that passes, but for `change`. A header that is given replaces the good one of its name. */
export function request(change: Change = {}): GateRequest {
  const { headers = [], ...rest } = change;
  const good: [string, string][] = [
    ['Host', host],
    ['Authorization', `Bearer ${token}`],
    ['Content-Type', 'application/json'],
  ];
  const isGiven = (name: string): boolean => headers.some(([given]) => given.toLowerCase() === name.toLowerCase());
  const all = [...good.filter(([name]) => !isGiven(name)), ...headers.filter(([, value]) => value !== 'ABSENT')];
  return { kind: 'request', method: 'POST', target: '/emit', address: '127.0.0.1', rawHeaders: all.flat(), ...rest };
}

export const get: Change = { method: 'GET', target: '/api/state' };
export const upgrade: Change = { kind: 'upgrade', method: 'GET', target: '/ws' };
