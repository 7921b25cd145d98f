import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as z from 'zod';
import { FakeClock } from '../../rig/fakeClock.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { until } from '../../rig/waiting.js';
import { HubRig, TestSocket } from './hubRig.js';

const integer = z.number().int();
const command = { story_key: z.string(), command: z.string(), task_id: z.string() };

/** Every payload as the sprint dashboard declared it; nothing more may be in it. */
const payloads = {
  'batch:start': z.strictObject({ batch_id: integer, max_cycles: z.union([integer, z.literal('all')]) }),
  'batch:end': z.strictObject({
    batch_id: integer,
    cycles_completed: integer,
    status: z.enum(['completed', 'stopped', 'error']),
  }),
  'cycle:start': z.strictObject({ cycle_number: integer, story_keys: z.array(z.string()) }),
  'cycle:end': z.strictObject({ cycle_number: integer, completed_stories: z.array(z.string()) }),
  'command:start': z.strictObject(command),
  'command:progress': z.strictObject({ ...command, message: z.string() }),
  'command:end': z.strictObject({
    ...command,
    status: z.enum(['success', 'error']),
    metrics: z.strictObject({ duration_ms: z.number(), tokens: integer.optional() }).optional(),
  }),
  'story:status': z.strictObject({ story_key: z.string(), old_status: z.string(), new_status: z.string() }),
  error: z.strictObject({ type: z.string(), message: z.string(), context: z.unknown().optional() }),
} as const;

const frame = z.strictObject({
  type: z.enum(Object.keys(payloads) as (keyof typeof payloads)[]),
  payload: z.unknown(),
  timestamp: integer,
});
const init = z.strictObject({
  type: z.literal('init'),
  payload: z.strictObject({ batch: z.looseObject({ batch_id: integer }).nullable(), events: z.array(frame) }),
});

/** What that dashboard's own program sent in the course of a batch. */
const batch = (id: number, at: number): object[] => {
  const task = { story_key: 'US-1', command: 'dev-story', task_id: 't1' };
  return [
    { type: 'batch:start', payload: { batch_id: id, max_cycles: 3 }, timestamp: at },
    { type: 'cycle:start', payload: { cycle_number: 1, story_keys: ['US-1'] }, timestamp: at + 1 },
    { type: 'command:start', payload: task, timestamp: at + 2 },
    {
      type: 'command:end',
      payload: { ...task, status: 'success', metrics: { duration_ms: 3, tokens: 9 } },
      timestamp: at + 4,
    },
    {
      type: 'story:status',
      payload: { story_key: 'US-1', old_status: 'open', new_status: 'completed' },
      timestamp: at + 5,
    },
    { type: 'error', payload: { type: 'git', message: 'no', context: { a: 1 } }, timestamp: at + 6 },
    { type: 'cycle:end', payload: { cycle_number: 1, completed_stories: ['US-1'] }, timestamp: at + 7 },
    { type: 'batch:end', payload: { batch_id: id, cycles_completed: 1, status: 'completed' }, timestamp: at + 8 },
  ];
};

/** A client of the sprint dashboard: it connects, sends nothing, and reads. */
async function dashboard(rig: HubRig): Promise<TestSocket> {
  const socket = new TestSocket(rig.socket('/ws?names=dashboard', {}));
  await until('the greeting', () => socket.texts.length > 0);
  return socket;
}

const tail = (socket: TestSocket): unknown[] => socket.texts.slice(1).map((text) => JSON.parse(text) as unknown);

describe('A client of the sprint dashboard', () => {
  const folder = useTemporaryFolder();

  it('is greeted with the batch and the last events, and gets those that follow as they were sent', async () => {
    await using rig = await HubRig.start(folder());
    const first = await dashboard(rig);
    assert.deepEqual(JSON.parse(first.texts[0] ?? ''), { type: 'init', payload: { batch: null, events: [] } });
    const sent = batch(4, Date.parse('2026-01-01T00:00:00.000Z'));
    assert.equal((await rig.emit(sent)).status, 200);
    await rig.emit({ type: 'log.message', data: { level: 'info', message: 'It has no name for this' } });
    await rig.emit({
      type: 'command:progress',
      payload: { story_key: 'US-1', command: 'x', task_id: 't', message: 'm' },
    });
    await until('all of them', () => first.texts.length === 10);
    assert.deepEqual(tail(first).slice(0, 8), sent);
    for (const one of tail(first)) {
      const { type, payload } = frame.parse(one);
      payloads[type].parse(payload);
    }
    const later = await dashboard(rig);
    const { events } = init.parse(JSON.parse(later.texts[0] ?? '')).payload;
    assert.deepEqual(events, sent);
    for (const { webSocket } of [first, later]) webSocket.terminate();
  });

  it('sees a run as a batch with a running number, each story as a cycle, gates as commands', async () => {
    await using rig = await HubRig.start(folder());
    const tell = (prd: string, type: string, data: object): Promise<unknown> => rig.emit({ type, prd_id: prd, data });
    await tell('first', 'prd.started', { status: 'running', total_stories: 1 });
    await tell('first', 'prd.stopped', {});
    await tell('second', 'prd.started', { status: 'running', total_stories: 2 });
    const socket = await dashboard(rig);
    const greeting = init.parse(JSON.parse(socket.texts[0] ?? '')).payload;
    assert.equal(greeting.batch?.batch_id, 2);
    assert.deepEqual(
      greeting.events.map(({ type, payload }) => [type, (payload as { batch_id: number }).batch_id]),
      [
        ['batch:start', 1],
        ['batch:end', 1],
        ['batch:start', 2],
      ],
    );
    for (const story of ['US-1', 'US-2']) {
      await tell('second', 'story.started', { story_id: story });
      await tell('second', 'gate.started', { story_id: story, gate: 'lint' });
      await tell('second', 'gate.completed', { story_id: story, gate: 'lint', passed: true, duration_ms: 7 });
      await tell('second', 'story.completed', { story_id: story, success: true, status: 'completed' });
    }
    await tell('second', 'prd.completed', { success: true, status: 'completed' });
    await until('the end', () => socket.texts.length === 10);
    const told = tail(socket).map((one) => {
      const { type, payload } = frame.parse(one);
      return [type, payloads[type].parse(payload)] as const;
    });
    const lint = (story: string): object => ({ story_key: story, command: 'lint', task_id: `gate-${story}-lint` });
    const cycle = (number: number, story: string): unknown[] => [
      ['cycle:start', { cycle_number: number, story_keys: [story] }],
      ['command:start', lint(story)],
      ['command:end', { ...lint(story), status: 'success', metrics: { duration_ms: 7 } }],
      ['cycle:end', { cycle_number: number, completed_stories: [story] }],
    ];
    const end = ['batch:end', { batch_id: 2, cycles_completed: 2, status: 'completed' }];
    assert.deepEqual(told, [...cycle(1, 'US-1'), ...cycle(2, 'US-2'), end]);
    socket.webSocket.terminate();
  });

  it('has at most 50 events in its greeting, its ping is answered, and its going disturbs nobody', async () => {
    await using rig = await HubRig.start(folder());
    const status = { type: 'story:status', payload: { story_key: 'US-1', old_status: 'todo', new_status: 'review' } };
    await rig.emit(Array.from({ length: 60 }, () => status));
    const [gone, staying] = [await dashboard(rig), await dashboard(rig)];
    assert.equal(init.parse(JSON.parse(staying.texts[0] ?? '')).payload.events.length, 50);
    staying.webSocket.ping('there?');
    const [data] = (await once(staying.webSocket, 'pong')) as [Buffer];
    assert.equal(data.toString(), 'there?');
    gone.webSocket.terminate();
    await rig.emit(status);
    await until('the event', () => staying.texts.length === 2);
    assert.equal(staying.closed, undefined);
    staying.webSocket.terminate();
  });
});

/** What the progress stream's own scripts sent. */
const task: readonly object[] = [
  { type: 'task_started', data: { task_id: 'nightly', task_name: 'Nightly', story_count: 1, estimated_duration: 60 } },
  {
    type: 'story_started',
    data: {
      task_id: 'nightly',
      story_id: 'US-1',
      title: 'Links',
      ac_count: 1,
      priority: 1,
      acceptance_criteria: ['It works'],
    },
  },
  {
    type: 'ac_completed',
    data: { task_id: 'nightly', story_id: 'US-1', ac_index: 1, ac_text: 'It works', duration_ms: 5 },
  },
  { type: 'error_occurred', data: { story_id: 'US-1', error_type: 'net', error_message: 'gone', retryable: true } },
  {
    type: 'story_completed',
    data: { task_id: 'nightly', story_id: 'US-1', status: 'passed', duration_ms: 9, commits: ['abc'] },
  },
  { type: 'task_completed', data: { task_id: 'nightly', stories_completed: 1, stories_failed: 0, duration_ms: 10 } },
];

/** The fields of each, bare, as its clients read them. */
const bare: readonly [string, object][] = [
  ['task_started', { task_id: 'nightly', task_name: 'Nightly', story_count: 1, estimated_duration: 60 }],
  ['story_started', { story_id: 'US-1', title: 'Links', ac_count: 1, priority: 1, acceptance_criteria: ['It works'] }],
  ['ac_completed', { story_id: 'US-1', ac_index: 1, ac_text: 'It works', duration_ms: 5 }],
  ['error_occurred', { story_id: 'US-1', error_type: 'net', error_message: 'gone', retryable: true }],
  ['story_completed', { story_id: 'US-1', status: 'passed', duration_ms: 9, commits: ['abc'] }],
  ['task_completed', { task_id: 'nightly', success: true, stories_completed: 1, stories_failed: 0, duration_ms: 10 }],
];

/** Time and id are in every event; what else there is must be exactly what is declared. */
function withoutTime(data: string): object {
  const { timestamp, ...rest } = z.looseObject({ timestamp: z.iso.datetime() }).parse(JSON.parse(data));
  assert.ok(timestamp);
  return rest;
}

async function curl(rig: HubRig, ...options: string[]): Promise<string> {
  const child = spawn('curl', ['-sN', '-H', `Authorization: Bearer ${rig.token}`, ...options]);
  let text = '';
  for await (const piece of child.stdout) {
    text += String(piece);
    // A stream ends for nobody: its reader leaves when it has what it came for.
    if (text.includes('event: task_completed') && text.endsWith('\n\n')) child.kill();
  }
  return text;
}

describe('A client of the progress stream', () => {
  const folder = useTemporaryFolder();

  it('sends with curl and reads with curl: a name, bare data and an id for each event', async () => {
    await using rig = await HubRig.start(folder());
    const url = `http://${rig.authority}`;
    for (const event of task) {
      const answer = await curl(
        rig,
        '-H',
        'Content-Type: application/json',
        '-d',
        JSON.stringify(event),
        `${url}/emit`,
      );
      assert.match(answer, /^\{"cursors":\["[0-9a-z]+:\d+"\]\}$/);
    }
    const text = await curl(rig, `${url}/stream/progress?names=sse`);
    const frames = text.split('\n\n').filter((one) => one.includes('event:'));
    assert.equal(frames.length, bare.length);
    for (const [index, [type, data]] of bare.entries()) {
      const lines = (frames[index] ?? '').split('\n');
      assert.equal(lines[0], `event: ${type}`);
      assert.equal(lines[1], `id: ${rig.hub.logId}:${index + 1}`);
      assert.deepEqual(withoutTime(lines[2]?.replace(/^data: /, '') ?? ''), data);
      assert.equal(lines.length, 3);
    }
    const state = JSON.parse((await rig.http('/api/state')).body) as {
      state: { runs: { stories: { status: string }[] }[] };
    };
    assert.equal(state.state.runs[0]?.stories[0]?.status, 'completed');
  });

  it('is sent the last 100 events when it comes later, and what it missed when it comes again', async () => {
    await using rig = await HubRig.start(folder());
    const error = (index: number): object => ({ type: 'error_occurred', data: { error_message: `${index}` } });
    await rig.emit(Array.from({ length: 130 }, (_, index) => error(index)));
    await rig.emit({ type: 'log.message', data: { level: 'info', message: 'It has no name for this' } });
    const stream = await rig.stream('/stream/progress?names=sse');
    await until('the kept events', () => stream.events.length === 100);
    const texts = (one: typeof stream): unknown[] =>
      one.events.map(({ data }) => (JSON.parse(data) as { error_message: unknown }).error_message);
    assert.deepEqual(
      texts(stream),
      Array.from({ length: 100 }, (_, index) => `${index + 30}`),
    );
    const { lastId } = stream;
    stream.response.destroy();
    await rig.emit([error(200), error(201)]);
    const again = await rig.stream('/stream/progress?names=sse', { headers: { 'Last-Event-ID': lastId } });
    await until('what it missed', () => again.events.length === 2);
    assert.deepEqual(texts(again), ['200', '201']);
    again.response.destroy();
  });

  it('gets at most ten events a second when it asks for that, and all of them', async () => {
    const clock = new FakeClock();
    await using rig = await HubRig.start(folder(), { clock });
    const stream = await rig.stream('/stream/progress?names=sse&max_rate=10');
    await until('the greeting', () => stream.lastId !== '');
    await rig.emit(
      Array.from({ length: 25 }, (_, index) => ({ type: 'error_occurred', data: { error_message: `${index}` } })),
    );
    for (const [step, count] of [10, 20, 25].entries()) {
      if (step > 0) clock.advance(1_000);
      await until('some of them', () => stream.events.length >= count);
      assert.equal(stream.events.length, count);
    }
    stream.response.destroy();
  });
});
