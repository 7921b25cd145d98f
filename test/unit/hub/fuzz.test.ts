import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import path from 'node:path';
import fc from 'fast-check';
import { routeNeeds } from '../../../src/gate/routeNeeds.js';
import { systemClock, type Clock } from '../../../src/primitives/clock.js';
import type { Logger } from '../../../src/primitives/logger.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { HubRig, TestSocket } from './hubRig.js';

/** STORYLOOP_FUZZ=100000 for a night. */
const total = Number(process.env['STORYLOOP_FUZZ'] ?? 10_000);
const seed = Number(process.env['STORYLOOP_FUZZ_SEED'] ?? 20_261_121);
const atATime = 25;

/** So that limits of rate, which have tests of their own, let everything through. */
const hurried: Clock = { ...systemClock, monotonic: () => performance.now() * 1_000 };

interface Case {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | undefined;
}

const paths = [
  ...new Set(routeNeeds.map(([, path]) => path.replace('**', 'a/../b').replaceAll('*', 'x'))),
  ...[
    '/nowhere',
    '/api/runs/x/pause',
    '/api/runs/%00/stop',
    '/api/runs/../stop',
    '/emit?publisher=ci',
    '/emit?publisher=%',
    '//',
  ],
];
const bytes = fc.uint8Array({ maxLength: 64 }).map((array) => Buffer.from(array));
const word = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom('story.*', '*', '9f2c:1', '0:0', '-1', '1e9', '__proto__', '\0', '"'),
);
const query = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        'since',
        'until',
        'after',
        'order',
        'limit',
        'type',
        'prd',
        'run',
        'names',
        'publisher',
        'ticket',
        'nonce',
        'sid',
      ),
      word,
    ),
    { maxLength: 3 },
  )
  .map((pairs) => (pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`));
/** Not `fc.json()` alone: what is nearly an event gets further in. */
const nearlyEvent = fc.record(
  {
    type: fc.oneof(fc.constantFrom('story.started', 'test.run', 'hub.stats', 'a.b', '*'), fc.jsonValue()),
    data: fc.oneof(fc.dictionary(word, fc.jsonValue(), { maxKeys: 4 }), fc.jsonValue()),
    prd_id: fc.oneof(word, fc.jsonValue()),
    id: fc.oneof(word, fc.integer()),
    timestamp: fc.oneof(word, fc.double()),
  },
  { requiredKeys: ['type'] },
);
const goodEvent = fc.record({ type: fc.constant('a.b'), data: fc.dictionary(word, fc.jsonValue(), { maxKeys: 4 }) });
const json = fc
  .oneof(fc.jsonValue(), nearlyEvent, goodEvent, fc.array(nearlyEvent, { maxLength: 3 }))
  .map((value) => JSON.stringify(value));
const body = fc.option(
  fc.oneof(
    bytes,
    json,
    json.map((text) => text.slice(0, -1)),
  ),
  { nil: undefined },
);
const header = fc.tuple(
  fc.constantFrom(
    'Content-Type',
    'Content-Encoding',
    'Origin',
    'Cookie',
    'Last-Event-ID',
    'Sec-Fetch-Site',
    'Range',
    'X-Y',
  ),
  fc.string({ unit: fc.constantFrom(...'a b c ; = / * : . 0 1 "'.split(' ')) }),
);
const requests: fc.Arbitrary<Case> = fc
  .record({
    method: fc.constantFrom('GET', 'GET', 'POST', 'POST', 'POST', 'PUT', 'HEAD', 'OPTIONS', 'DELETE', 'PROPFIND'),
    path: fc
      .tuple(fc.oneof(fc.constantFrom(...paths), fc.constant('/emit')), query)
      .map(([path, search]) => (path.includes('?') ? path : path + search)),
    // Mostly good, so that more than the gate is reached.
    headers: fc.oneof(
      { weight: 5, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(header, { maxLength: 2 }) },
    ),
    body,
  })
  .map(({ headers, ...rest }) => ({ ...rest, headers: Object.fromEntries(headers) }));

const socketIo = path.resolve('dist/socketio.js');

describe('The hub, whatever it is sent', function () {
  this.timeout(Math.max(120_000, total * 20));
  const folder = useTemporaryFolder();

  /** Counts what must not be: internal errors. */
  function complaints(): { logger: Logger; errors: string[] } {
    const errors: string[] = [];
    return { logger: { debug: () => {}, info: () => {}, warn: () => {}, error: (text) => errors.push(text) }, errors };
  }

  it('on any route, answers without an internal error, goes on and loses no event', async () => {
    const { logger, errors } = complaints();
    await using rig = await HubRig.start(folder(), { logger, clock: hurried, dashboard: 'dist', socketIo });
    const agent = new Agent({ keepAlive: true, maxSockets: atATime });
    const cases = fc.sample(requests, { numRuns: Math.round(total * 0.85), seed });
    let stored = 0;
    const send = (one: Case): Promise<void> =>
      new Promise((resolve, reject) => {
        // Said for every method: without it, Node would send the bodies of some as if they were requests.
        const length = one.body === undefined ? {} : { 'Content-Length': Buffer.byteLength(one.body) };
        const headers = { 'Content-Type': 'application/json', ...rig.headers({}), ...length, ...one.headers };
        const target = { host: '127.0.0.1', port: rig.hub.port, path: encodeURI(one.path).replaceAll('%25', '%') };
        const sent = request({ ...target, method: one.method, headers, agent });
        // A body that nobody wants ends the connection before it is sent.
        sent.on('error', (error: NodeJS.ErrnoException) => {
          if (error.code === 'EPIPE' || error.code === 'ECONNRESET') resolve();
          else reject(error);
        });
        sent.on('response', (response) => {
          const what = `${one.method} ${one.path} ${String(one.body)}`;
          const { statusCode: status = 0 } = response;
          // How the hub is says so with its status.
          const isHealth = one.path.startsWith('/health/ready');
          if (status >= 500 && status !== 501 && !isHealth) reject(new Error(`${status} for ${what}`));
          if (response.headers['content-type']?.startsWith('text/event-stream')) {
            response.destroy();
            resolve();
            return;
          }
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          response
            .on('error', () => {})
            .on('close', () => {
              if (one.path.startsWith('/emit') && status === 200)
                stored += (JSON.parse(text) as { cursors: unknown[] }).cursors.length;
              resolve();
            });
        });
        sent.end(one.body);
      });
    for (let index = 0; index < cases.length; index += atATime)
      await Promise.all(cases.slice(index, index + atATime).map(send));
    agent.destroy();
    assert.deepEqual(errors, []);
    assert.ok(stored > 0, 'some of it was good');
    const known = rig.hub.cursor;
    assert.equal((await rig.emit({ type: 'prd.paused', prd_id: 'p' })).status, 200);
    assert.equal(rig.hub.cursor, `${rig.hub.logId}:${Number(known.split(':')[1]) + 1}`);
  });

  it('as bytes that are no HTTP, closes that connection and no other', async () => {
    const { logger, errors } = complaints();
    await using rig = await HubRig.start(folder(), { logger, clock: hurried });
    const other = await rig.connect();
    const start = fc.constantFrom(
      '',
      'GET / HTTP/1.1\r\n',
      'POST /emit HTTP/1.1\r\nHost: ',
      `GET /ws HTTP/1.1\r\nHost: ${rig.authority}\r\nUpgrade: websocket\r\n`,
      'PRI * HTTP/2.0\r\n\r\n',
    );
    const noise = fc.tuple(start, bytes).map(([head, tail]) => Buffer.concat([Buffer.from(head), tail]));
    const cases = fc.sample(noise, { numRuns: Math.round(total * 0.05), seed });
    const send = async (noiseBytes: Buffer): Promise<void> => {
      const socket = connect(rig.hub.port, '127.0.0.1').on('error', () => {});
      socket.end(noiseBytes);
      await once(socket.resume(), 'close');
    };
    for (let index = 0; index < cases.length; index += atATime)
      await Promise.all(cases.slice(index, index + atATime).map(send));
    assert.equal((await other.ask({ op: 'ping', id: 1 })).op, 'pong');
    assert.deepEqual(errors, []);
  });

  it('as frames, answers each with its code and no internal error', async () => {
    const { logger, errors } = complaints();
    await using rig = await HubRig.start(folder(), { logger, clock: hurried });
    const op = fc.constantFrom(
      'subscribe',
      'subscribe_prd',
      'unsubscribe',
      'publish',
      'ping',
      'run.pause',
      'run.retry',
      'connected',
      '__proto__',
    );
    const nearlyFrame = fc.record(
      {
        op,
        id: fc.oneof(fc.integer(), word, fc.jsonValue()),
        types: fc.oneof(fc.array(word, { maxLength: 2 }), fc.jsonValue()),
        since: word,
        events: fc.oneof(fc.array(nearlyEvent, { maxLength: 2 }), fc.jsonValue()),
        run_id: word,
        subscription: word,
        batch: fc.jsonValue(),
      },
      { requiredKeys: ['op'] },
    );
    const messages = fc.sample(
      fc.oneof(
        nearlyFrame.map((value) => JSON.stringify(value)),
        fc.string(),
        fc.json(),
      ),
      { numRuns: Math.round(total * 0.1), seed },
    );
    const socket: TestSocket = await rig.connect();
    for (let index = 0; index < messages.length; index += 200) {
      for (const message of messages.slice(index, index + 200)) socket.webSocket.send(message);
      assert.equal((await socket.ask({ op: 'ping', id: `after ${index}` })).op, 'pong');
    }
    assert.equal(socket.closed, undefined);
    assert.ok(!socket.texts.some((text) => text.includes('"INTERNAL"')));
    assert.deepEqual(errors, []);
  });
});
