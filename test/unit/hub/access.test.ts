import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { scopedToken } from '../../../src/gate/credentials.js';
import { Access } from '../../../src/hub/access.js';
import type { Logger } from '../../../src/primitives/logger.js';
import { rotateToken } from '../../../src/session/discovery.js';
import { helloProof, isHelloProof, type HelloProof } from '../../../src/session/helloProof.js';
import { FakeClock } from '../../rig/fakeClock.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { until } from '../../rig/waiting.js';
import { HubRig, TestSocket, type RequestOptions } from './hubRig.js';

const paused = { type: 'prd.paused', prd_id: 'p-1' };
const board = 'http://localhost:3000';

const by = (token: string): RequestOptions => ({ anonymous: true, headers: { Authorization: `Bearer ${token}` } });
const code = ({ body }: { body: string }): unknown => (JSON.parse(body) as { code?: string }).code;

/** What became of an upgrade. */
async function upgrade(
  rig: HubRig,
  options: RequestOptions,
  protocols = ['storyloop.v1'],
): Promise<TestSocket | number> {
  const socket = rig.socket('/ws', options, protocols);
  const test = new TestSocket(socket);
  return new Promise((resolve) => {
    socket.on('open', () => {
      resolve(test);
    });
    socket.on('unexpected-response', (_request, response: IncomingMessage) => {
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
  });
}

function logger(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const log = (message: string): void => void lines.push(message);
  return { logger: { debug: () => {}, info: log, warn: log, error: log }, lines };
}

describe("The hub's scoped tokens", () => {
  const folder = useTemporaryFolder();

  it('read or publish, and are over when the token is changed', async () => {
    await using rig = await HubRig.start(folder());
    const tokens = { read: scopedToken(rig.token, 'read'), publish: scopedToken(rig.token, 'publish') };
    assert.equal((await rig.http('/api/state', by(tokens.read))).status, 200);
    assert.equal((await rig.emit(paused, by(tokens.read))).status, 403);
    assert.equal((await rig.emit(paused, by(tokens.publish))).status, 200);
    assert.equal((await rig.http('/api/state', by(tokens.publish))).status, 403);
    assert.equal((await rig.http('/api/tickets', { ...by(tokens.read), method: 'POST', body: '{}' })).status, 403);
    assert.equal(await upgrade(rig, by(tokens.publish)), 403);
    const reader = await upgrade(rig, by(tokens.read));
    assert.ok(reader instanceof TestSocket);
    assert.equal((await reader.ask({ op: 'publish', id: 1, events: [paused] }))['code'], 'FORBIDDEN');
    assert.equal((await reader.ask({ op: 'run.stop', id: 2, run_id: 'run_1' }))['code'], 'FORBIDDEN');

    await rotateToken(rig.user);
    await until('the reader to be cut off', () => reader.closed);
    assert.equal((await rig.http('/api/state', by(tokens.read))).status, 401);
    assert.equal((await rig.emit(paused, by(tokens.publish))).status, 401);
  });

  it('with a name publish under that name only', async () => {
    await using rig = await HubRig.start(folder());
    const ci = scopedToken(rig.token, 'publish', 'ci');
    assert.equal((await rig.emit(paused, by(ci))).status, 200);
    assert.equal(rig.hub.recent(1)[0]?.source, 'ci');
    const { cursor } = rig.hub;
    const other = await rig.http('/emit?publisher=script', { ...by(ci), method: 'POST', body: JSON.stringify(paused) });
    assert.deepEqual([other.status, code(other)], [403, 'FORBIDDEN']);
    assert.equal(rig.hub.cursor, cursor);
  });
});

describe('A page of an allowed origin', () => {
  const folder = useTemporaryFolder();
  const fromBoard = { Origin: board, 'Sec-Fetch-Site': 'same-site' };
  const corsOf = (headers: IncomingMessage['headers']): unknown[] => [
    headers['access-control-allow-origin'],
    headers.vary,
  ];

  it('asks first, sends its token, and may read every answer, also a refusal; never with the browser’s own credentials', async () => {
    await using rig = await HubRig.start(folder(), { allowedOrigins: [board] });
    const asks = {
      ...fromBoard,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization',
    };
    const preflight = await rig.http('/emit', { method: 'OPTIONS', anonymous: true, headers: asks });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers['access-control-allow-methods'], 'GET, POST');
    assert.match(preflight.headers['access-control-allow-headers'] ?? '', /Authorization, Content-Type/);
    const answers = [
      preflight,
      await rig.emit(paused, { headers: fromBoard }),
      await rig.http('/api/state', { headers: fromBoard }),
      await rig.http('/api/state', { headers: fromBoard, anonymous: true }),
      await rig.http('/nowhere', { headers: fromBoard }),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [204, 200, 200, 401, 404],
    );
    for (const { headers } of answers) {
      assert.deepEqual(corsOf(headers), [board, 'Origin']);
      assert.equal(headers['access-control-allow-credentials'], undefined);
    }
    const stream = await rig.stream('/stream/progress', { headers: fromBoard });
    assert.deepEqual(corsOf(stream.response.headers), [board, 'Origin']);
    stream.response.destroy();
    const socket = await upgrade(rig, { anonymous: true, headers: { Origin: board } }, [
      'storyloop.v1',
      `storyloop.auth.${rig.token}`,
    ]);
    assert.ok(socket instanceof TestSocket);
    socket.webSocket.terminate();
  });

  it('is the only one that is told anything', async () => {
    await using rig = await HubRig.start(folder(), { allowedOrigins: [board] });
    for (const origin of [
      'http://localhost:3001',
      'https://localhost:3000',
      'null',
      `http://${rig.authority}`,
      undefined,
    ]) {
      const headers = { ...(origin !== undefined && { Origin: origin }), 'Access-Control-Request-Method': 'POST' };
      for (const method of ['OPTIONS', 'GET']) {
        const answer = await rig.http('/api/state', { method, headers, anonymous: true });
        assert.ok([401, 403].includes(answer.status));
        assert.deepEqual(
          Object.keys(answer.headers).filter((name) => name.startsWith('access-control')),
          [],
        );
      }
    }
  });

  it('is nobody when one of the origins is none: the hub says which, and allows no page', async () => {
    const told = logger();
    await using rig = await HubRig.start(folder(), { allowedOrigins: [board, '*'], logger: told.logger });
    assert.equal((await rig.http('/api/state', { headers: fromBoard })).status, 403);
    assert.ok(told.lines.some((line) => line.includes('"*" is no origin')));
  });
});

describe('A hub that is open to clients without a token', () => {
  const folder = useTemporaryFolder();

  it('says so, lets them read and publish, and nothing else', async () => {
    const told = logger();
    await using rig = await HubRig.start(folder(), { allowTokenlessClients: true, logger: told.logger });
    assert.ok(told.lines.some((line) => line.includes('without a token')));
    const anonymous = { anonymous: true };
    assert.equal((await rig.emit(paused, anonymous)).status, 200);
    assert.equal((await rig.http('/api/events', anonymous)).status, 200);
    const control = { ...anonymous, method: 'POST', body: '{}' };
    for (const target of ['/api/runs/run_1/stop', '/api/tickets'])
      assert.equal((await rig.http(target, control)).status, 401);
    const socket = await upgrade(rig, anonymous);
    assert.ok(socket instanceof TestSocket);
    assert.equal((await socket.ask({ op: 'publish', id: 1, events: [paused] })).op, 'ok');
    assert.equal((await socket.ask({ op: 'run.stop', id: 2, run_id: 'run_1' }))['code'], 'FORBIDDEN');
    socket.webSocket.terminate();
  });

  it('is closed by default, and says nothing', async () => {
    const told = logger();
    await using rig = await HubRig.start(folder(), { logger: told.logger });
    assert.equal((await rig.emit(paused, { anonymous: true })).status, 401);
    assert.ok(!told.lines.some((line) => line.includes('without a token')));
  });
});

describe('GET /hello', () => {
  const folder = useTemporaryFolder();
  const nonce = 'a_nonce-of_22_or_more0';

  it('proves without a token that the hub knows it, for this nonce, port and instance', async () => {
    await using rig = await HubRig.start(folder());
    const { status, body } = await rig.http(`/hello?nonce=${nonce}`, { anonymous: true });
    assert.equal(status, 200);
    const said = JSON.parse(body) as HelloProof;
    const { port } = rig.hub;
    const { instance } = JSON.parse(readFileSync(rig.user.discovery, 'utf8')) as { instance: string };
    assert.deepEqual(said, helloProof(rig.token, nonce, port, instance));
    // As docs/protocol.md tells it, for clients of others.
    const key = createHmac('sha256', rig.token).update('storyloop hello').digest();
    const right = createHmac('sha256', key).update(`${nonce} ${port} ${instance}`).digest('base64url');
    assert.equal(said.proof, right);
    assert.ok(isHelloProof(said, rig.token, nonce, port));
    assert.ok(!isHelloProof(said, rig.token, `${nonce}1`, port));
    assert.ok(!isHelloProof(said, rig.token, nonce, port + 1));
    assert.ok(!isHelloProof({ ...said, instance: 'other' }, rig.token, nonce, port));
    assert.ok(!isHelloProof(said, `${rig.token}x`, nonce, port));
    assert.ok(!isHelloProof({ ...said, proof: '' }, rig.token, nonce, port));
    assert.ok(!body.includes(rig.token));
  });

  it('takes one nonce that nobody can have chosen short, and is no page’s business', async () => {
    await using rig = await HubRig.start(folder());
    const anonymous = { anonymous: true };
    for (const query of [
      '',
      '?nonce=',
      '?nonce=short',
      `?nonce=${'x'.repeat(65)}`,
      `?nonce=${nonce}&nonce=${nonce}`,
      `?nonce=${nonce}%20`,
    ])
      assert.equal((await rig.http(`/hello${query}`, anonymous)).status, 400, query);
    const page = { ...anonymous, headers: { Origin: 'https://evil.example' } };
    assert.equal((await rig.http(`/hello?nonce=${nonce}`, page)).status, 403);
  });

  it('is answered only so often, and tells nothing where the token is lost', () => {
    const clock = new FakeClock();
    const access = new Access('token', 'instance', clock, logger().logger, {});
    let answered = 0;
    while (access.hello(nonce, 1)) answered += 1;
    assert.equal(answered, 1_000);
    clock.advance(2);
    assert.ok(access.hello(nonce, 1));
    clock.advance(1_000);
    access.useToken(undefined);
    assert.equal(access.hello(nonce, 1), undefined);
  });
});

describe('A token within a connection', () => {
  it('is worth what it is worth at the gate, and who guesses is slowed down', () => {
    const access = new Access('token', 'instance', new FakeClock(), logger().logger, {});
    const late = (token: string): string => {
      const passed = access.passLateToken(token, '127.0.0.1');
      return passed.ok ? passed.value : passed.error.code;
    };
    assert.equal(late('token'), 'admin');
    assert.equal(late(scopedToken('token', 'read')), 'read');
    assert.equal(late(scopedToken('token', 'publish', 'ci')), 'FORBIDDEN');
    const guesses = Array.from({ length: 21 }, () => late('wrong'));
    assert.deepEqual([new Set(guesses.slice(0, 20)), guesses[20]], [new Set(['UNAUTHORIZED']), 'RATE_LIMITED']);
    assert.equal(late('token'), 'admin', 'nobody locks the user out by guessing');
  });
});
