import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { sentFrame } from '../../../src/events/frames.js';
import type { Logger } from '../../../src/primitives/logger.js';
import { silentLogger } from '../../../src/primitives/logger.js';
import { FakeClock } from '../../rig/fakeClock.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { until } from '../../rig/waiting.js';
import { HubRig, startJournal, type HttpAnswer, type TestSocket } from './hubRig.js';

const message = (text: string, level = 'info'): object => ({ type: 'log.message', data: { level, message: text } });
const body = (answer: HttpAnswer): Record<string, unknown> => JSON.parse(answer.body) as Record<string, unknown>;

interface Told {
  readonly s: readonly string[];
  readonly event: Record<string, unknown> & { readonly data: Record<string, unknown> };
}
const told = (socket: TestSocket): Told[] => socket.frames.filter(({ op }) => op === 'event') as unknown as Told[];
const texts = (socket: TestSocket): unknown[] => told(socket).map(({ event }) => event.data['message']);

describe('A subscription', () => {
  const folder = useTemporaryFolder();

  it('can be to severities: those that events say, and those that their type or level says', async () => {
    await using rig = await HubRig.start(folder());
    const socket = await rig.connect();
    await socket.ask({ op: 'subscribe', id: 1, severities: ['warn', 'error'] });
    await rig.emit([
      message('quiet'),
      message('warned', 'warn'),
      { type: 'error.occurred', data: { error: 'e', message: 'failed' } },
      { ...message('raised'), severity: 'error' },
      { ...message('lowered', 'error'), severity: 'debug' },
      message('last', 'error'),
    ]);
    await until('the last', () => texts(socket).includes('last'));
    assert.deepEqual(texts(socket), ['warned', 'failed', 'raised', 'last']);
    const page = body(await rig.http('/api/events?severity=warn,debug'))['events'] as Told['event'][];
    assert.deepEqual(
      page.map(({ data }) => data['message']),
      ['warned', 'lowered'],
    );
    const refused = await socket.ask({ op: 'subscribe', id: 2, severities: ['loud'] });
    assert.equal(refused['code'], 'INVALID_FRAME');
    assert.equal((await rig.http('/api/events?severity=loud')).status, 400);
  });

  it('can be to several PRDs, in the address of a connection too', async () => {
    await using rig = await HubRig.start(folder());
    const socket = await rig.connect('/ws?prd=a,b&type=log.*');
    await rig.emit(['a', 'c', 'b'].map((prd) => ({ ...message(prd), prd_id: prd })));
    await until('both', () => told(socket).length === 2);
    assert.deepEqual(texts(socket), ['a', 'b']);
    for (const query of ['type=**', 'names=french', 'max_rate=0', 'max_rate=1e3', 'severity=loud']) {
      const refused = rig.socket(`/ws?${query}`, {});
      const [, response] = (await once(
        refused.on('error', () => {}),
        'unexpected-response',
      )) as [unknown, IncomingMessage];
      assert.equal(response.statusCode, 400, query);
      response.resume();
      refused.terminate();
    }
  });

  it('can be in the names of a predecessor, beside others on the same connection', async () => {
    await using rig = await HubRig.start(folder());
    const socket = await rig.connect();
    for (const [id, names] of ['hub', 'dashboard', 'sse', undefined].entries()) {
      await socket.ask({ op: 'subscribe', id, names, since: `${rig.hub.logId}:0` });
    }
    await rig.emit([
      { type: 'story.status', prd_id: 'p', data: { story_key: 'US-1', old_status: 'open', new_status: 'blocked' } },
      { type: 'story_completed', prd_id: 'p', data: { story_id: 'US-1', status: 'passed' } },
    ]);
    await until('all', () => told(socket).length === 7);
    const of = (id: string): unknown[] =>
      told(socket).flatMap(({ s, event }) => (s.includes(id) ? [event['type']] : []));
    assert.deepEqual(
      ['s1', 's2', 's3', 's4'].map(of),
      [
        ['story.status', 'story.completed'],
        ['story:status', 'cycle:end'],
        ['story_completed'],
        ['story.status', 'story.completed'],
      ].map((types, index) => (index === 2 ? [undefined] : types)),
    );
    const [hub] = told(socket).filter(({ s }) => s.includes('s1'));
    assert.deepEqual(Object.keys(hub?.event ?? {}), ['type', 'prd_id', 'story_id', 'timestamp', 'data']);
  });

  it('with a rate gets its history and what follows at that rate, and ends with its connection', async () => {
    const clock = new FakeClock();
    await using rig = await HubRig.start(folder(), { clock });
    await rig.emit(Array.from({ length: 5 }, (_, index) => message(`${index}`)));
    const socket = await rig.connect();
    await socket.ask({ op: 'subscribe', id: 1, since: `${rig.hub.logId}:0`, max_rate: 2 });
    const implicit = await rig.connect('/ws?max_rate=1');
    await rig.emit([message('5'), message('6')]);
    for (const count of [2, 4, 6, 7]) {
      await until(`${count} events`, () => told(socket).length >= count);
      assert.equal(told(socket).length, count);
      clock.advance(1_000);
    }
    assert.deepEqual(texts(socket), ['0', '1', '2', '3', '4', '5', '6']);
    await until('both', () => told(implicit).length === 2);
    await implicit.ask({ op: 'subscribe', id: 1 });
    await rig.emit([message('7'), message('8'), message('9')]);
    await until('some', () => told(socket).length === 9);
    await socket.ask({ op: 'unsubscribe', id: 2, subscription: 's1' });
    assert.equal((await implicit.ask({ op: 'ping', id: 2 })).op, 'pong');
    assert.equal(told(implicit).length, 3, 'the rate of its address is that of its subscriptions');
    clock.advance(5_000);
    assert.equal((await socket.ask({ op: 'ping', id: 3 })).op, 'pong');
    assert.equal(told(socket).length, 9);
  });
});

describe('A message to one client', () => {
  const folder = useTemporaryFolder();

  it('reaches that client alone, over WebSocket and HTTP, without a place in the log', async () => {
    await using rig = await HubRig.start(folder());
    const [one, other] = [await rig.connect(), await rig.connect('/ws?publisher=ci')];
    const id = String(one.frames[0]?.['client_id']);
    assert.deepEqual(await other.ask({ op: 'send', id: 1, client_id: id, event: message('psst') }), {
      op: 'ok',
      id: 1,
    });
    const posted = await rig.emit(message('by post'), {});
    assert.equal(posted.status, 200);
    const sent = await rig.http(`/emit?client_id=${id}&publisher=bot`, {
      method: 'POST',
      body: JSON.stringify(message('again')),
    });
    assert.deepEqual([sent.status, body(sent)], [200, { cursors: [] }]);
    await until('three events', () => told(one).length === 3);
    const messages = told(one).filter(({ s }) => s.length === 0);
    assert.deepEqual(
      messages.map(({ event }) => [event.data['message'], event['source'], event['cursor'], event['source_seq']]),
      [
        ['psst', 'ci', undefined, 0],
        ['again', 'bot', undefined, 0],
      ],
    );
    assert.deepEqual(texts(other), ['by post']);
    assert.doesNotMatch(rig.logBytes(), /psst|again/);
  });

  it('is refused when nobody has that id, any more or ever, and when it is no event', async () => {
    await using rig = await HubRig.start(folder());
    const [socket, gone] = [await rig.connect(), await rig.connect()];
    const id = String(gone.frames[0]?.['client_id']);
    gone.webSocket.terminate();
    const send = (to: string, event: object): Promise<HttpAnswer> =>
      rig.http(`/emit?client_id=${to}`, { method: 'POST', body: JSON.stringify(event) });
    await until('it to be gone', async () => (await send(id, message('x'))).status === 404);
    assert.equal(body(await send(id, message('x')))['code'], 'UNKNOWN_CLIENT');
    const codes: unknown[] = [];
    for (const frame of [
      { op: 'send', id: 1, client_id: 'c_99', event: message('x') },
      { op: 'send', id: 2, client_id: 'c_1', event: { type: 'test.run', data: {} } },
      { op: 'send', id: 3, client_id: 'c_1', event: { type: 'x' } },
    ])
      codes.push((await socket.ask(frame))['code']);
    assert.deepEqual(codes, ['UNKNOWN_CLIENT', 'INVALID_EVENT', 'INVALID_EVENT']);
    assert.equal(
      (await rig.http('/emit?client_id=c_1', { method: 'POST', body: JSON.stringify([message('a'), message('b')]) }))
        .status,
      400,
    );
    assert.deepEqual(told(socket), []);
  });
});

describe('A request', () => {
  const folder = useTemporaryFolder();

  it('is named in its refusal by the name that it brought, or by one that it is given', async () => {
    await using rig = await HubRig.start(folder());
    for (const [target, options] of [
      ['/api/events?limit=0', {}],
      ['/nowhere', {}],
      ['/api/state', { anonymous: true }],
    ] as const) {
      const given = await rig.http(target, { ...options, headers: { 'X-Request-Id': 'build-7:1' } });
      assert.deepEqual([given.headers['x-request-id'], body(given)['request_id']], ['build-7:1', 'build-7:1']);
      for (const name of ['', 'a b', 'x'.repeat(65), '"]}']) {
        const made = await rig.http(target, { ...options, headers: { 'X-Request-Id': name } });
        assert.match(String(body(made)['request_id']), /^[0-9a-f-]{36}$/);
        assert.equal(made.headers['x-request-id'], body(made)['request_id']);
      }
    }
    assert.equal((await rig.http('/health', { headers: { 'X-Request-Id': 'seen' } })).headers['x-request-id'], 'seen');
    const socket = rig.socket('/elsewhere', { headers: { 'X-Request-Id': 'upgrade-1' } });
    const [, response] = (await once(
      socket.on('error', () => {}),
      'unexpected-response',
    )) as [unknown, IncomingMessage];
    const [chunk] = (await once(response, 'data')) as [Buffer];
    assert.equal((JSON.parse(chunk.toString()) as { request_id: string }).request_id, 'upgrade-1');
    socket.terminate();
  });

  it('that fails is found in the log of the hub under that name, on both ways in', async () => {
    const lines: string[] = [];
    const logger: Logger = {
      ...silentLogger,
      error: (line) => lines.push(line),
    };
    await using rig = await HubRig.start(folder(), { logger });
    const socket = await rig.connect();
    const { runs } = rig.hub.state;
    runs.get = () => {
      throw new Error('a bug');
    };
    const answer = await rig.http('/api/runs/run_a/pause', {
      method: 'POST',
      body: '{}',
      headers: { 'X-Request-Id': 'mine' },
    });
    assert.deepEqual([answer.status, body(answer)['code'], body(answer)['request_id']], [500, 'INTERNAL', 'mine']);
    const refused = await socket.ask({ op: 'run.pause', id: 'mine\ntoo', run_id: 'run_a' });
    assert.deepEqual([refused['code'], refused['request_id']], ['INTERNAL', 'c_1-mine_too']);
    Reflect.deleteProperty(runs, 'get');
    assert.ok(
      lines.some((line) => /^POST \/api\/runs\/run_a\/pause failed: Error: a bug.*\(request mine\)$/s.test(line)),
    );
    assert.ok(lines.some((line) => /^"run\.pause" of c_1 failed: Error: a bug.*\(request c_1-mine_too\)$/s.test(line)));
  });

  it('to publish the same id again is answered with the earlier cursor, over WebSocket and HTTP alike', async () => {
    await using rig = await HubRig.start(folder());
    const socket = await rig.connect('/ws?publisher=ci');
    const event = { ...message('once'), id: 'build-7' };
    const first = (await socket.ask({ op: 'publish', id: 1, events: [event, message('more')] }))['cursors'] as string[];
    const again = await socket.ask({ op: 'publish', id: 2, events: [event] });
    const posted = await rig.http('/emit?publisher=ci', {
      method: 'POST',
      body: JSON.stringify([message('third'), event]),
    });
    assert.deepEqual(again['cursors'], [first[0]]);
    assert.deepEqual((body(posted)['cursors'] as string[])[1], first[0]);
    await until('the events', () => told(socket).length >= 3);
    assert.deepEqual(texts(socket), ['once', 'more', 'third']);
  });
});

describe('A run whose project is gone', () => {
  const folder = useTemporaryFolder();

  it('cannot be asked for anything, and that is told by its name', async () => {
    await using rig = await HubRig.start(folder());
    await using run = await startJournal(folder(), rig.user, 'run_a1');
    await run.journal.append('prd.started', { status: 'running', total_stories: 1 });
    await until('the run to be known', () => rig.hub.state.runs.has('run_a1'));
    const known = rig.hub.state.runs.get('run_a1');
    assert.ok(known);
    Object.assign(known, { project: 'gone-000000' });
    const answer = await rig.http('/api/runs/run_a1/pause', { method: 'POST', body: '{}' });
    assert.deepEqual([answer.status, body(answer)['code']], [404, 'PROJECT_NOT_FOUND']);
  });
});

describe('History', () => {
  const folder = useTemporaryFolder();

  it('is given in the order of the log, between times or cursors, in pages that keep both ends', async () => {
    await using rig = await HubRig.start(folder());
    const at = (second: number): string => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000Z`;
    // A journal that was read late: times need not rise with cursors.
    const seconds = [1, 2, 9, 3, 4, 5, 6];
    await rig.emit(seconds.map((second) => ({ ...message(`${second}`), timestamp: at(second) })));
    const pages = async (query: string): Promise<unknown[]> => {
      const found: unknown[] = [];
      let after = '';
      for (;;) {
        const page = body(await rig.http(`/api/events?limit=2&${query}${after}`));
        found.push(...(page['events'] as Told['event'][]).map(({ data }) => data['message']));
        if (page['more'] !== true) return found;
        after = `&after=${String(page['cursor'])}`;
      }
    };
    assert.deepEqual(await pages(`since=${at(2)}&until=${at(5)}`), ['2', '3', '4', '5']);
    assert.deepEqual(await pages(`since=2026-01-01T01:00:04%2B01:00`), ['9', '4', '5', '6']);
    assert.deepEqual(await pages(`until=${at(2)}`), ['1', '2']);
    assert.deepEqual(await pages(`since=${rig.hub.logId}:2&until=${rig.hub.logId}:5`), ['9', '3', '4']);
    assert.deepEqual(await pages(`since=${at(3)}&until=${rig.hub.logId}:5`), ['9', '3', '4']);
    const unplaced = ['since=yesterday', 'until=yesterday', 'after=yesterday', 'until=0:7'];
    for (const query of [...unplaced, 'order=desc&after=yesterday', `order=desc&after=${rig.hub.logId}:99`]) {
      const lost = await rig.http(`/api/events?${query}`);
      assert.deepEqual([lost.status, body(lost)['code']], [410, 'INVALID_CURSOR'], query);
    }
    assert.deepEqual(await pages('order=desc'), ['6', '5', '4', '3', '9', '2', '1']);
    assert.deepEqual(await pages(`order=desc&since=${at(2)}&until=${at(5)}`), ['5', '4', '3', '2']);
    const between = `since=${rig.hub.logId}:2&until=${rig.hub.logId}:5`;
    assert.deepEqual(await pages(`order=desc&${between}`), ['4', '3', '9']);
    assert.equal((await rig.http('/api/events?order=random')).status, 400);
  });

  it('goes on backwards where the page before ended, whatever was published meanwhile', async () => {
    await using rig = await HubRig.start(folder());
    const names = Array.from({ length: 1_203 }, (_, index) => String(index));
    for (let at = 0; at < names.length; at += 401)
      await rig.emit(names.slice(at, at + 401).map((name) => message(name)));
    const found: string[] = [];
    let after = '';
    for (let more = true; more;) {
      const page = body(await rig.http(`/api/events?order=desc&limit=400${after}`));
      found.push(...(page['events'] as Told['event'][]).map(({ data }) => String(data['message'])));
      await rig.emit(message('later'));
      after = `&after=${String(page['cursor'])}`;
      more = page['more'] === true;
    }
    assert.deepEqual(found, names.toReversed());
  });

  it('is told in the names of a predecessor, without what has no name there', async () => {
    await using rig = await HubRig.start(folder());
    const started = { type: 'story.started', story_id: 'US-1', data: { story_id: 'US-1', status: 'in_progress' } };
    await rig.emit([message('unnamed'), { ...started, prd_id: 'a' }, { ...started, prd_id: 'b' }]);
    const inNames = async (query: string) => body(await rig.http(`/api/events?${query}`))['events'] as object[];
    const [first, ...rest] = await inNames('names=sse&limit=1&prd=a,b');
    assert.deepEqual(Object.keys(first ?? {}).sort(), [
      ...['ac_count', 'acceptance_criteria', 'priority', 'story_id', 'timestamp', 'title'],
    ]);
    assert.equal(rest.length, 0);
    const told = (await inNames('names=hub&order=desc')) as { type: string; prd_id: string | null }[];
    assert.deepEqual(
      told.map(({ type, prd_id }) => [type, prd_id]),
      [
        ['story.started', 'b'],
        ['story.started', 'a'],
        ['log.message', null],
      ],
    );
    assert.equal((await rig.http('/api/events?names=french')).status, 400);
  });
});

describe('Every frame of the hub', () => {
  const folder = useTemporaryFolder();

  it('is as declared', async () => {
    await using rig = await HubRig.start(folder());
    const socket = await rig.connect();
    await rig.emit(message('one'));
    await socket.ask({ op: 'subscribe', id: 1, since: '0:1', batch: true });
    await rig.emit(message('two'));
    await socket.frame('events');
    await socket.ask({ op: 'ping', id: 2 });
    await socket.ask({ op: 'publish', id: 3, events: [message('three')] });
    await socket.ask({ op: 'unsubscribe', id: 4, subscription: 's9' });
    const ops = new Set(socket.frames.map(({ op }) => op));
    assert.deepEqual([...ops].sort(), ['connected', 'error', 'event', 'events', 'init', 'ok', 'pong', 'reset']);
    for (const frame of socket.frames) assert.deepEqual(sentFrame.parse(frame), frame);
  });
});
