import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { FakeClock } from '../../rig/fakeClock.js';
import { until } from '../../rig/waiting.js';
import { HubRig, startJournal } from './hubRig.js';

type Json = Record<string, unknown>;
const json = (answer: { body: string }): Json => JSON.parse(answer.body) as Json;
const message = { type: 'log.message', data: { level: 'info', message: 'x' } };

/** Lines of the Prometheus text, by name with labels. */
async function scrape(rig: HubRig): Promise<Map<string, number>> {
  const { status, headers, body } = await rig.http('/metrics');
  assert.equal(status, 200);
  assert.match(headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/);
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [, name = '', value = ''] = /^(\S+(?:\{.*\})?) (\S+)$/.exec(line) ?? assert.fail(line);
      return [name, Number(value)];
    }),
  );
}

describe('The figures of the hub', () => {
  const folder = useTemporaryFolder();

  it('are for who has a token', async () => {
    await using rig = await HubRig.start(folder());
    for (const path of ['/metrics', '/health/ready', '/api/stats', '/sprint-status.yaml', '/files/run_a']) {
      assert.equal((await rig.http(path, { anonymous: true })).status, 401, path);
      assert.equal((await rig.http(path, { method: 'POST', body: '{}' })).status, 405, path);
    }
  });

  it('count what was stored, told and delivered, who is connected, who was refused, and what failed', async () => {
    await using rig = await HubRig.start(folder());
    const before = await scrape(rig);
    assert.equal(before.get('storyloop_events_stored_total'), 0);
    const socket = await rig.connect();
    const stream = await rig.stream();
    await rig.emit([message, message]);
    await until('both to have both', () => stream.events.length === 2 && socket.messages('s0').length === 2);
    await rig.http('/api/state', { anonymous: true });
    const after = Object.fromEntries(await scrape(rig));
    const expected = {
      storyloop_events_stored_total: 2,
      'storyloop_events_published_total{type="log.message"}': 2,
      // One for each event over WebSocket, one for what a turn brings to a stream.
      storyloop_messages_delivered_total: 3,
      'storyloop_connections{transport="websocket"}': 1,
      'storyloop_connections{transport="sse"}': 1,
      'storyloop_refused_total{code="UNAUTHORIZED"}': 1,
      'storyloop_clients_cut_total{reason="slow_consumer"}': 0,
      storyloop_queue_bytes: 0,
      storyloop_ingest_waiting: 0,
      storyloop_log_segments: 1,
      storyloop_log_last_seq: 2,
      storyloop_faults_total: 0,
      storyloop_log_lines_dropped_total: 0,
    };
    for (const [name, value] of Object.entries(expected)) assert.equal(after[name], value, name);
    for (const name of [
      ...['storyloop_log_bytes', 'process_resident_memory_bytes', 'process_heap_used_bytes'],
      ...['process_heap_limit_bytes', 'process_cpu_seconds_total', 'storyloop_uptime_seconds'],
    ]) {
      assert.ok((after[name] ?? 0) > 0, name);
    }
    assert.ok('storyloop_event_loop_lag_seconds' in after);
  });

  it('say how much waits for clients who do not read', async () => {
    await using rig = await HubRig.start(folder());
    const stream = await rig.stream();
    stream.response.pause();
    const filler = { type: 'x.big', data: { text: 'x'.repeat(500_000) } };
    const figures = await until('something to wait', async () => {
      await rig.emit(filler);
      const { queues } = json(await rig.http('/api/stats')) as { queues: Record<string, number> };
      return (queues['bytes'] ?? 0) > 0 && queues;
    });
    assert.equal(figures['clients'], 1);
    assert.equal(figures['largest_bytes'], figures['bytes']);
    stream.response.destroy();
  });

  it('are the same in /api/stats and in hub.stats, which comes every ten seconds', async () => {
    const clock = new FakeClock();
    await using rig = await HubRig.start(folder(), { clock });
    const socket = await rig.connect();
    await rig.emit(message);
    clock.advance(10_000);
    const { event } = await socket.frame('event', (frame) => (frame['event'] as Json)['type'] === 'hub.stats');
    const told = (event as { data: Json }).data;
    const asked = json(await rig.http('/api/stats'));
    assert.deepEqual(Object.keys(told).sort(), Object.keys(asked).sort());
    for (const name of ['connections', 'refused', 'cut', 'queues', 'faults', 'log', 'attempts', 'gates', 'cursor']) {
      assert.deepEqual(told[name], asked[name], name);
    }
    assert.equal(told['total_events'], 1);
    assert.deepEqual(told['by_type'], { 'log.message': 1 });
  });

  it('have histograms of attempts and gates, of what ended before anybody asked too; outsiders do not count', async () => {
    await using rig = await HubRig.start(folder());
    await using run = await startJournal(folder(), rig.user, 'run_a1');
    const { journal } = run;
    await journal.append('prd.started', { status: 'running', total_stories: 1 });
    const attempt = (duration: number) => ({
      ...{ story_key: 'US-1', command: 'claude', task_id: `t${duration}`, kind: 'agent' as const },
      ...{ status: 'success' as const, metrics: { duration_ms: duration } },
    });
    const gate = { story_id: 'US-1', gate: 'test', passed: false, duration_ms: 400 };
    await journal.append('command.ended', attempt(20_000));
    await journal.append('gate.completed', gate);
    await rig.emit({ type: 'gate.completed', story_id: 'US-1', data: { ...gate, gate: 'mine' } });
    await until('the run to be known', () => rig.hub.state.runs.get('run_a1')?.seq === 3);
    await scrape(rig);
    await journal.append('command.ended', attempt(100_000));
    await until('the last event', () => rig.hub.state.runs.get('run_a1')?.seq === 4);
    const lines = await scrape(rig);
    const of = (name: string): number | undefined => lines.get(`storyloop_${name}`);
    assert.equal(of('attempt_duration_seconds_count{status="success"}'), 2);
    assert.equal(of('attempt_duration_seconds_sum{status="success"}'), 120);
    assert.equal(of('attempt_duration_seconds_bucket{le="60",status="success"}'), 1);
    assert.equal(of('gate_duration_seconds_bucket{le="0.5",gate="test",status="error"}'), 1);
    assert.equal(
      [...lines.keys()].some((name) => name.includes('mine')),
      false,
    );
    const { attempts, gates } = json(await rig.http('/api/stats'));
    assert.deepEqual(
      [attempts, gates],
      [
        { count: 2, seconds: 120 },
        { count: 1, seconds: 0.4 },
      ],
    );
  });
});

describe('The health of the hub', () => {
  const folder = useTemporaryFolder();
  const findAgents = () => Promise.resolve([{ name: 'claude', path: '/opt/claude' }, { name: 'command' }]);

  it('is ready, with what that depends on, the same over HTTP and WebSocket', async () => {
    await using rig = await HubRig.start(folder(), { findAgents });
    const answer = await rig.http('/health/ready');
    assert.equal(answer.status, 200);
    const health = json(answer) as Record<string, Json>;
    assert.equal(health['status'], 'ready');
    assert.deepEqual(health['reasons'], []);
    assert.deepEqual(health['notes'], ['The agent "command" was not found']);
    assert.deepEqual(health['agents'], [
      { name: 'claude', found: true, path: '/opt/claude' },
      { name: 'command', found: false },
    ]);
    const { segments, writable, last_seq: last } = health['log'] ?? {};
    assert.deepEqual([segments, writable, last], [1, true, 0]);
    for (const [part, field] of [
      ...[
        ['disk', 'free_bytes'],
        ['memory', 'rss'],
        ['cpu', 'seconds'],
      ],
      ...[['event_loop', 'max_lag_ms']],
    ] as const) {
      assert.equal(typeof health[part]?.[field], 'number', part);
    }
    const socket = await rig.connect();
    const { op, health: told } = await socket.ask({ op: 'health', id: 5 });
    assert.equal(op, 'ok');
    assert.deepEqual(Object.keys(told as Json).sort(), Object.keys(health).sort());
  });

  it('is not ready while the event loop is late, and says so', async () => {
    const clock = new FakeClock();
    await using rig = await HubRig.start(folder(), { clock });
    const monotonic = clock.monotonic.bind(clock);
    clock.monotonic = () => monotonic() + 3_500;
    const late = await rig.http('/health/ready');
    assert.equal(late.status, 503);
    assert.deepEqual(json(late)['reasons'], ['The event loop is 2500 ms late (at most 1000)']);
    clock.advance(2_000);
    const well = await rig.http('/health/ready');
    assert.equal(well.status, 200);
    const { event_loop: loop } = json(well) as Record<string, Json>;
    assert.deepEqual(loop, { lag_ms: 0, max_lag_ms: 3_500 });
  });

  it('is not ready when events cannot be stored, names why, and is ready again when they can', async () => {
    await using rig = await HubRig.start(folder());
    await rig.emit(message);
    const { append } = core(rig).log;
    core(rig).log.append = () => Promise.resolve({ ok: false, error: { kind: 'io', message: 'EIO: i/o error' } });
    assert.equal((await rig.emit(message)).status, 503);
    const ill = await rig.http('/health/ready');
    assert.equal(ill.status, 503);
    assert.deepEqual(json(ill)['reasons'], ['The log cannot be written: EIO: i/o error']);
    const { writable, failure } = json(ill)['log'] as Record<string, Json>;
    assert.deepEqual([writable, failure?.['kind']], [false, 'io']);
    core(rig).log.append = append;
    assert.equal((await rig.emit(message)).status, 200);
    assert.equal((await rig.http('/health/ready')).status, 200);
  });

  it('was bad while the disk was full, and is good as soon as there is room, though nothing was stored since', async () => {
    await using rig = await HubRig.start(folder());
    const { append } = core(rig).log;
    core(rig).log.append = () => Promise.resolve({ ok: false, error: { kind: 'full', message: 'ENOSPC' } });
    assert.equal((await rig.emit(message)).status, 507);
    core(rig).log.append = append;
    const { status, log } = json(await rig.http('/health/ready')) as Record<string, Json>;
    assert.equal(status, 'ready');
    assert.deepEqual([log?.['writable'], (log?.['failure'] as Json)['kind']], [true, 'full']);
  });

  it('does without what it cannot find out', async () => {
    await using rig = await HubRig.start(folder());
    rmSync(rig.user.hubLog, { recursive: true });
    const { notes, disk } = json(await rig.http('/health/ready'));
    assert.deepEqual(notes, ['How much room there is for the log is not known']);
    assert.equal(disk, undefined);
  });
});

/** The log as the hub has it: what only a broken disk can make it do. */
function core(rig: HubRig): { log: { append: (events: unknown) => Promise<unknown> } } {
  const { core: parts } = rig.hub as unknown as { core: { log: { append: (events: unknown) => Promise<unknown> } } };
  const { log } = parts;
  log.append = log.append.bind(log);
  return parts;
}
