import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { until } from '../../rig/waiting.js';
import { FakeClock } from '../../rig/fakeClock.js';
import { HubRig, TestSocket, type RequestOptions } from './hubRig.js';

const message = (text: string): object => ({ type: 'log.message', data: { level: 'info', message: text } });

/** Writes bytes to the port and reads until the hub closes. */
async function raw(rig: HubRig, text: string): Promise<string> {
  const socket = connect(rig.hub.port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
  socket.on('error', () => {});
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

describe("The hub's port", () => {
  const folder = useTemporaryFolder();

  describe('refuses, with nothing written', () => {
    const strangers: [string, RequestOptions, number, string][] = [
      ['no token', { anonymous: true }, 401, 'UNAUTHORIZED'],
      ['a wrong token', { headers: { Authorization: 'Bearer wrong' } }, 401, 'UNAUTHORIZED'],
      ['a foreign Origin', { headers: { Origin: 'http://127.0.0.1:3000' } }, 403, 'FORBIDDEN_ORIGIN'],
      ['a foreign Host', { headers: { Host: 'evil.example:18790' } }, 421, 'FORBIDDEN_HOST'],
      ['a foreign page', { headers: { 'Sec-Fetch-Site': 'same-site' } }, 403, 'FORBIDDEN_ORIGIN'],
    ];
    for (const [what, options, status, code] of strangers) {
      it(`${what}: on HTTP, event stream and upgrade alike`, async () => {
        await using rig = await HubRig.start(folder());
        const before = rig.logBytes();
        const answers = [
          await rig.emit(message('evil'), options),
          await rig.http('/api/events', options),
          await rig.http('/stream/progress', options),
          await rig.http('/nowhere', options),
        ];
        for (const answer of answers) {
          assert.equal(answer.status, status);
          assert.equal((JSON.parse(answer.body) as { code: string }).code, code);
        }
        for (const target of ['/ws', '/', '/elsewhere']) {
          const socket = rig.socket(target, options, ['storyloop.v1']);
          const [, response] = (await once(
            socket.on('error', () => {}),
            'unexpected-response',
          )) as [unknown, { statusCode: number; resume: () => void }];
          assert.equal(response.statusCode, status);
          response.resume();
          socket.terminate();
        }
        assert.equal(rig.logBytes(), before);
        assert.equal(rig.hub.bus.stats().total_events, 0);
      });
    }

    it('a body before it is read, even where the client waits to be told to send it', async () => {
      await using rig = await HubRig.start(folder());
      const head = `POST /emit HTTP/1.1\r\nHost: ${rig.authority}\r\nContent-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n`;
      const refused = await raw(rig, `${head}\r\n`);
      assert.match(refused, /^HTTP\/1\.1 401 /);
      assert.doesNotMatch(refused, /100 Continue/);
      const answered = await rig.emit(message('x'), { headers: { Expect: '100-continue' } });
      assert.equal(answered.status, 200);
    });

    it('two Hosts, and a proxy request that names another one', async () => {
      await using rig = await HubRig.start(folder());
      const authorization = `Authorization: Bearer ${rig.token}\r\nConnection: close\r\n\r\n`;
      const host = `Host: ${rig.authority}\r\n`;
      assert.match(
        await raw(rig, `GET /health HTTP/1.1\r\n${host}Host: evil\r\n${authorization}`),
        /^HTTP\/1\.1 4(00|21) /,
      );
      assert.match(await raw(rig, `GET http://evil/health HTTP/1.1\r\n${host}${authorization}`), /^HTTP\/1\.1 421 /);
      assert.match(
        await raw(rig, `GET http://${rig.authority}/health HTTP/1.1\r\n${host}${authorization}`),
        /^HTTP\/1\.1 200 /,
      );
    });

    it('what is too large, too deep, no JSON, of another type or no event, each by its name', async () => {
      await using rig = await HubRig.start(folder());
      const before = rig.logBytes();
      const large = Buffer.alloc(1024 * 1024 + 1, 0x20);
      const post = { method: 'POST' } as const;
      const answers = [
        await rig.http('/emit', { ...post, body: '{}', headers: { 'Content-Type': 'text/plain' } }),
        await rig.http('/emit', { ...post, body: large }),
        await rig.http('/emit', { ...post, body: large, headers: { 'Transfer-Encoding': 'chunked' } }),
        await rig.http('/emit', { ...post, body: '['.repeat(20_000) }),
        await rig.http('/emit', { ...post, body: `{"type":"a.b","data":${'[['.repeat(40)}${']]'.repeat(40)}}` }),
        await rig.http('/emit', { ...post, body: '{' }),
        await rig.emit({ type: 'test.run', data: { passed: 'all' } }),
        await rig.emit([message('fine'), { type: 'NO' }]),
        await rig.emit([]),
        await rig.emit(message('x'), { headers: { 'Content-Encoding': 'gzip' } }),
        await rig.http('/emit?publisher=run_1', { ...post, body: JSON.stringify(message('x')) }),
        await rig.http('/emit?publisher=hub', { ...post, body: JSON.stringify(message('x')) }),
      ];
      assert.deepEqual(
        answers.map(({ status, body }) => `${status} ${(JSON.parse(body) as { code: string }).code}`),
        [
          '415 UNSUPPORTED_MEDIA_TYPE',
          '413 TOO_LARGE',
          '413 TOO_LARGE',
          '400 INVALID_JSON',
          '400 INVALID_JSON',
          '400 INVALID_JSON',
          '400 INVALID_EVENT',
          '400 INVALID_EVENT',
          '400 INVALID_EVENT',
          '415 UNSUPPORTED_MEDIA_TYPE',
          '400 INVALID_EVENT',
          '400 INVALID_EVENT',
        ],
      );
      assert.deepEqual((JSON.parse(answers[7]?.body ?? '') as { details: unknown }).details, { index: 1 });
      assert.equal(rig.logBytes(), before);
    });

    it('a connection that has not passed the gate after 5 s', async () => {
      const clock = new FakeClock();
      await using rig = await HubRig.start(folder(), { clock });
      const admitted = await rig.connect();
      const socket = connect(rig.hub.port, '127.0.0.1');
      await once(socket, 'connect');
      await until('the hub to know the connection', () => clock.pending >= 3);
      clock.advance(4_999);
      assert.equal(socket.destroyed, false);
      clock.advance(1);
      await once(socket.resume(), 'close');
      assert.equal(admitted.closed, undefined);
    });
  });

  it('says only to the open route that it is alive, and lets no page read anything', async () => {
    await using rig = await HubRig.start(folder());
    const health = await rig.http('/health', { anonymous: true });
    assert.deepEqual([health.status, health.body], [200, '{"status":"ok"}']);
    const answers = [
      health,
      await rig.http('/api/state'),
      await rig.http('/api/state', { anonymous: true }),
      await rig.http('/nowhere'),
      await rig.http('/emit', { method: 'OPTIONS' }),
    ];
    for (const { headers } of answers) {
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['cache-control'], 'no-store');
      assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
      assert.equal(headers['referrer-policy'], 'no-referrer');
      assert.deepEqual(
        Object.keys(headers).filter((name) => name.startsWith('access-control')),
        [],
      );
    }
  });

  it('takes the token among the WebSocket protocols and never echoes it', async () => {
    await using rig = await HubRig.start(folder());
    const offers = ['storyloop.v1', `storyloop.auth.${rig.token}`];
    const socket = rig.socket('/', { anonymous: true }, offers);
    await once(socket, 'open');
    assert.equal(socket.protocol, 'storyloop.v1');
    socket.terminate();
  });

  it('greets, tells everything until there is a subscription, and then what was asked for', async () => {
    await using rig = await HubRig.start(folder());
    await rig.emit(message('before'));
    const socket = await rig.connect();
    const [connected, init] = socket.frames;
    assert.equal(connected?.['version'], '1.2.3');
    assert.equal(connected['cursor'], `${rig.hub.logId}:1`);
    assert.equal((init?.['events'] as unknown[]).length, 1);
    assert.deepEqual(init?.['state'], { runs: [], interrupted: [] });
    await rig.emit(message('to everybody'));
    await socket.frame('event', (frame) => (frame['s'] as string[])[0] === 's0');
    const ok = await socket.ask({ op: 'subscribe', id: 7, types: ['story.*'], prds: ['p-1'] });
    assert.deepEqual(ok, { op: 'ok', id: 7, subscription: 's1', from: `${rig.hub.logId}:3` });
    await socket.ask({ op: 'subscribe_prd', id: 8, prd_id: 'p-1' });
    await rig.emit([
      message('not wanted'),
      { type: 'story.started', prd_id: 'p-2', data: { story_id: 'US-1' } },
      { type: 'story.started', prd_id: 'p-1', data: { story_id: 'US-1' } },
      { type: 'log.message', prd_id: 'p-1', data: { level: 'info', message: 'last' } },
    ]);
    await socket.frame('event', (frame) => JSON.stringify(frame).includes('last'));
    const told = socket.frames.filter((frame) => frame.op === 'event').map((frame) => frame['s']);
    assert.deepEqual(told, [['s0'], ['s1', 's2'], ['s2']]);
    const text = socket.texts.find((one) => one.includes('"s1"') && one.includes('"event"')) ?? '';
    const stored =
      rig
        .logBytes()
        .split('\n')
        .find((line) => line.includes('"p-1"')) ?? '';
    assert.equal(text, `{"op":"event","s":["s1","s2"],"event":${stored.slice(0, -18)}}}`);
    assert.equal((await socket.ask({ op: 'unsubscribe', id: 9, subscription: 's2' })).op, 'ok');
    const gone = await socket.ask({ op: 'unsubscribe', id: 10, subscription: 's2' });
    assert.equal(gone['code'], 'UNKNOWN_SUBSCRIPTION');
  });

  it('answers every request by its id, and every malformed one with its code', async () => {
    await using rig = await HubRig.start(folder());
    const socket = await rig.connect('/ws?publisher=ci');
    assert.deepEqual(await socket.ask({ op: 'ping', id: 'a' }), { op: 'pong', id: 'a' });
    const published = await socket.ask({ op: 'publish', id: 1, events: [message('one'), message('two')] });
    assert.deepEqual(published['cursors'], [`${rig.hub.logId}:1`, `${rig.hub.logId}:2`]);
    const told = await socket.frame('event');
    assert.equal((told['event'] as { source: string }).source, 'ci');
    const codes: unknown[] = [];
    for (const frame of [
      { op: 'subscribe', id: 2, types: ['story.**'] },
      { op: 'subscribe', id: 3, since: 'yesterday' },
      { op: 'publish', id: 4, events: [{ type: 'x' }] },
      { op: 'publish', id: 5, events: [{ type: 'test.run', data: {} }] },
      { op: 'dance', id: 6 },
      { op: 'run.pause', id: 7, run_id: 'run_unknown' },
    ])
      codes.push((await socket.ask(frame))['code']);
    assert.deepEqual(codes, [
      'INVALID_PATTERN',
      'INVALID_CURSOR',
      'INVALID_EVENT',
      'INVALID_EVENT',
      'INVALID_FRAME',
      'UNKNOWN_RUN',
    ]);
    socket.webSocket.send('{');
    socket.webSocket.send(Buffer.from('{"op":"ping"}'));
    await until('both refusals', () => socket.frames.filter((frame) => frame['code'] === 'INVALID_JSON').length === 2);
    assert.equal(socket.closed, undefined);
  });

  it('cuts a client whose message is too large, and nobody else', async () => {
    await using rig = await HubRig.start(folder());
    const [large, other] = [await rig.connect(), await rig.connect()];
    large.webSocket.send('x'.repeat(1024 * 1024 + 1));
    await until('the cut', () => large.closed);
    assert.equal(large.closed?.code, 1009);
    assert.equal((await other.ask({ op: 'ping', id: 1 })).op, 'pong');
  });

  it('gives many clients that come, resume and go each event exactly once and in order', async () => {
    await using rig = await HubRig.start(folder(), { maxSegmentBytes: 20_000 });
    const plan = fc.array(
      fc.record({
        publish: fc.integer({ min: 0, max: 40 }),
        back: fc.integer({ min: 0, max: 200 }),
        batch: fc.boolean(),
        goes: fc.boolean(),
      }),
      { minLength: 2, maxLength: 6 },
    );
    let total = 0;
    await fc.assert(
      fc.asyncProperty(plan, async (steps) => {
        const first = total;
        const clients: { socket: TestSocket; from: number; goes: boolean }[] = [];
        const emitted: Promise<unknown>[] = [];
        for (const { publish, back, batch, goes } of steps) {
          for (let index = 0; index < publish; index += 1)
            emitted.push(
              rig.hub.publish('ci', [{ type: 'log.message', data: { level: 'info', message: `${++total}` } }]),
            );
          const socket = await rig.connect();
          const since = Math.max(0, first - back);
          socket.send({ op: 'subscribe', id: 1, since: `${rig.hub.logId}:${since}`, batch });
          clients.push({ socket, from: since + 1, goes });
          const gone = clients[0];
          if (goes && gone) gone.socket.webSocket.terminate();
        }
        await Promise.all(emitted);
        await rig.hub.publish('ci', [{ type: 'log.message', data: { level: 'info', message: `${++total}` } }]);
        for (const { socket, from } of clients) {
          const expected = Array.from({ length: total - from + 1 }, (_, index) => `${from + index}`);
          await until(
            'all events',
            () => socket.closed !== undefined || socket.messages('s1').length >= expected.length,
          );
          const got = socket.messages('s1');
          assert.deepEqual(got, socket.closed ? expected.slice(0, got.length) : expected);
          socket.webSocket.terminate();
        }
      }),
      { numRuns: 15 },
    );
  });

  it('says "reset" and gives the state where a cursor cannot be resumed from, and goes on from there', async () => {
    await using rig = await HubRig.start(folder());
    await rig.emit(message('before'));
    const socket = await rig.connect();
    for (const [id, since, reason] of [
      [1, '0:1', 'unknown_log'],
      [2, `${rig.hub.logId}:99`, 'ahead'],
    ] as const) {
      await socket.ask({ op: 'subscribe', id, since });
      const reset = await socket.frame('reset', (frame) => frame['id'] === id);
      assert.deepEqual(
        [reset['reason'], reset['cursor'], reset['state']],
        [reason, `${rig.hub.logId}:1`, { runs: [], interrupted: [] }],
      );
    }
    await rig.emit(message('after'));
    await until('the next event', () => socket.messages('s2').length === 1);
    assert.deepEqual([socket.messages('s1'), socket.messages('s2')], [['after'], ['after']]);
  });

  it('cuts a client that does not read, by name and counted, delays nobody, and lets it resume without loss', async () => {
    const clock = new FakeClock();
    await using rig = await HubRig.start(folder(), { clock });
    const [slow, stuck, quick] = [await rig.connect(), await rig.connect(), await rig.connect()];
    slow.webSocket.pause();
    stuck.webSocket.pause();
    const text = 'x'.repeat(60_000);
    const count = 400;
    for (let index = 0; index < count; index += 10) {
      const events = Array.from({ length: 10 }, (_, offset) => ({
        type: 'log.message',
        data: { level: 'info', message: `${index + offset} ${text}` },
      }));
      assert.ok((await rig.hub.publish('ci', events)).ok);
    }
    await until('the quick one to have all', () => quick.messages('s0').length === count);
    const stats = async (): Promise<string> => (await rig.http('/api/stats')).body;
    await until('the cut', async () => (await stats()).includes('"slow_consumer":2'));
    slow.webSocket.resume();
    await until('the end', () => slow.closed);
    assert.deepEqual(slow.closed, { code: 4008, reason: 'slow consumer' });
    // Who does not even read that is let go a second later, with everything that was kept for it.
    assert.match(await stats(), /"websockets":2/);
    clock.advance(1_000);
    await until('the other one to be gone', async () => (await stats()).includes('"websockets":1'));
    const seen = slow.messages('s0').length;
    assert.ok(seen < count);
    const again = await rig.connect();
    await again.ask({ op: 'subscribe', id: 1, since: `${rig.hub.logId}:${seen}`, batch: true });
    await until('the rest', () => again.messages('s1').length === count - seen);
    const numbers = [...slow.messages('s0'), ...again.messages('s1')].map((one) => Number.parseInt(String(one), 10));
    assert.deepEqual(
      numbers,
      Array.from({ length: count }, (_, index) => index),
    );
  });

  it('pings every 30 s and cuts who does not answer within 10 s', async () => {
    const clock = new FakeClock();
    await using rig = await HubRig.start(folder(), { clock });
    const [alive, dead] = [await rig.connect(), await rig.connect('/ws', { autoPong: false })];
    let pinged = 0;
    for (const { webSocket } of [alive, dead]) webSocket.on('ping', () => (pinged += 1));
    const timers = clock.pending;
    clock.advance(30_000);
    await until('both pings', () => pinged === 2);
    // Its pong has come when the deadline is replaced by the next ping.
    await alive.ask({ op: 'ping', id: 1 });
    assert.equal(clock.pending, timers);
    clock.advance(10_000);
    await until('the cut', () => dead.closed);
    assert.equal(alive.closed, undefined);
    assert.match((await rig.http('/api/stats')).body, /"no_pong":1/);
  });
});
