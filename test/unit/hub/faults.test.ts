import assert from 'node:assert/strict';
import { HubCounters } from '../../../src/hub/counters.js';
import { Faults } from '../../../src/hub/faults.js';
import { silentLogger, type LogFields } from '../../../src/primitives/logger.js';
import type { RunState } from '../../../src/state/runState.js';
import { FakeClock } from '../../rig/fakeClock.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { until } from '../../rig/waiting.js';
import { HubRig, TestSocket } from './hubRig.js';

const json = (answer: { body: string }) => JSON.parse(answer.body) as Record<string, unknown>;

describe('A fault', () => {
  const folder = useTemporaryFolder();
  const told: string[] = [];
  const logger = { ...silentLogger, error: (message: string) => told.push(message) };

  beforeEach(() => {
    told.length = 0;
  });

  /** A hub whose state cannot be told any more, as a bug in the fold might leave it. */
  async function broken(clock = new FakeClock()): Promise<HubRig> {
    const rig = await HubRig.start(folder(), { logger, clock });
    rig.hub.state.runs.set('run_bad', { stories: 7n } as unknown as RunState);
    return rig;
  }
  const repair = (rig: HubRig): boolean => rig.hub.state.runs.delete('run_bad');
  const faults = async (rig: HubRig): Promise<unknown> => json(await rig.http('/api/stats'))['faults'];

  it('in a request is answered 500 with its id, told under that id and counted; the hub goes on', async () => {
    await using rig = await broken();
    const failed = await rig.http('/api/state', { headers: { 'X-Request-Id': 'mine-42' } });
    assert.equal(failed.status, 500);
    assert.equal(failed.headers['x-request-id'], 'mine-42');
    const { code, request_id: id } = json(failed);
    assert.deepEqual([code, id], ['INTERNAL', 'mine-42']);
    assert.match(told.join('\n'), /^GET \/api\/state failed: .*\(request mine-42\)$/s);
    repair(rig);
    assert.equal((await rig.http('/api/state')).status, 200);
    assert.equal(await faults(rig), 1);
  });

  it('has an id of our own making where the client gave none, or none that is one', async () => {
    await using rig = await HubRig.start(folder());
    const answers = await Promise.all([rig.http('/health'), rig.http('/nowhere')]);
    const strange = await rig.http('/nowhere', { headers: { 'X-Request-Id': 'a b"{}' } });
    const ids = [...answers, strange].map(({ headers }) => headers['x-request-id']);
    for (const id of ids) assert.match(String(id), /^[0-9a-f-]{36}$/);
    assert.equal(new Set(ids).size, 3);
    assert.equal(json(strange)['request_id'], ids[2]);
  });

  it('in an upgrade closes that socket alone', async () => {
    await using rig = await broken();
    const socket = new TestSocket(rig.socket('/ws', {}, ['storyloop.v1']));
    await until('the socket to be gone', () => socket.closed !== undefined);
    repair(rig);
    await rig.connect();
    assert.equal(await faults(rig), 1);
  });

  it('in a request over WebSocket is answered, counted, and told with the id of the answer', async () => {
    const findAgents = (): never => {
      throw new Error('a bug');
    };
    await using rig = await HubRig.start(folder(), { logger, findAgents });
    const socket = await rig.connect();
    const { health } = await socket.ask({ op: 'health', id: 1 });
    assert.deepEqual((health as { agents: unknown }).agents, []);
    rig.hub.state.runs.set('run_bad', { stories: 7n } as unknown as RunState);
    // So that the state is told anew.
    await rig.emit({ type: 'log.message', data: { level: 'info', message: 'x' } });
    socket.send({ op: 'subscribe', id: 2, since: 'nolog:1' });
    await until('the fault', async () => (await faults(rig)) === 2);
    assert.equal((await socket.ask({ op: 'ping', id: 3 })).op, 'pong');
    const { request_id: requestId } = await socket.frame('error');
    assert.ok(told.some((line) => line.includes(String(requestId))));
    assert.match(told.join('\n'), /^The search for agents failed: Error: a bug/);
    repair(rig);
  });

  it('in an event stream ends that stream alone', async () => {
    await using rig = await broken();
    const ended = rig
      .stream('/stream/progress?since=nolog:1')
      .then((stream) => until('the stream to end', () => stream.ended));
    // Before or after its head.
    await ended.catch((error: unknown) => {
      assert.match(String(error), /hang up|ECONNRESET/);
    });
    repair(rig);
    assert.equal(await faults(rig), 1);
    assert.equal((await rig.http('/api/state')).status, 200);
  });

  it('in a timer of the hub reaches nobody, and the timer comes again', async () => {
    const clock = new FakeClock();
    await using rig = await HubRig.start(folder(), { logger, clock });
    const cpuUsage = Object.getOwnPropertyDescriptor(process, 'cpuUsage');
    assert.ok(cpuUsage);
    try {
      process.cpuUsage = () => {
        throw new Error('a bug');
      };
      clock.advance(2_000);
    } finally {
      Object.defineProperty(process, 'cpuUsage', cpuUsage);
    }
    assert.equal(await faults(rig), 2);
    assert.match(told[0] ?? '', /^A timer failed: Error: a bug/);
    clock.advance(2_000);
    assert.equal(await faults(rig), 2);
  });

  it('is kept from its caller by the guard, which says what it was and what is done then', () => {
    const counters = new HubCounters();
    const seen: (LogFields | undefined)[] = [];
    const guard = new Faults(counters, { ...silentLogger, error: (_, fields) => seen.push(fields) });
    const after: number[] = [];
    const run = guard.guard(
      'A thing',
      (value: number) => {
        if (value > 1) throw new Error('too much');
      },
      (value) => after.push(value),
    );
    run(1);
    run(2);
    assert.deepEqual([counters.faults, after, seen.length], [1, [2], 1]);
  });
});
