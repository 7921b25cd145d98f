import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { scopedToken } from '../../../src/gate/credentials.js';
import { Connections } from '../../../src/hub/connections.js';
import { HubCounters } from '../../../src/hub/counters.js';
import { FakeClock } from '../../rig/fakeClock.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { until } from '../../rig/waiting.js';
import { HubRig } from './hubRig.js';

/** A bare connection, and what came on it. */
class Line implements Disposable {
  text = '';
  closed = false;
  readonly socket: Socket;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('data', (chunk) => (this.text += chunk.toString('latin1')));
    this.socket.on('close', () => (this.closed = true)).on('error', () => {});
  }

  static async open(rig: HubRig): Promise<Line> {
    const line = new Line(rig.hub.port);
    await once(line.socket, 'connect');
    return line;
  }

  async answer(pattern: RegExp): Promise<void> {
    await until(`${String(pattern)} in ${this.text}`, () => pattern.test(this.text));
  }

  async end(): Promise<void> {
    await until('the connection to be closed', () => this.closed);
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

const refused = async (rig: HubRig): Promise<Record<string, number>> =>
  (JSON.parse((await rig.http('/api/stats')).body) as { refused: Record<string, number> }).refused;

describe('The places at the hub’s port', () => {
  const folder = useTemporaryFolder();

  it('are limited, and who finds none is told so', async () => {
    await using rig = await HubRig.start(folder(), { maxConnections: 3 });
    const sockets = [await rig.connect(), await rig.connect(), await rig.connect()];
    using late = await Line.open(rig);
    await late.answer(/^HTTP\/1\.1 503 .*UNAVAILABLE/s);
    await late.end();
    sockets[0]?.webSocket.terminate();
    const counts = await until('a place', () => refused(rig).catch(() => undefined));
    assert.ok((counts['TOO_MANY_CONNECTIONS'] ?? 0) >= 1);
    assert.ok(sockets.slice(1).every(({ closed }) => closed === undefined));
  });

  it('are taken from strangers first, the oldest before the others, also from those who ask for what is open to all', async () => {
    await using rig = await HubRig.start(folder(), { maxConnections: 4 });
    const mine = await rig.connect();
    using first = await Line.open(rig);
    first.socket.write(`GET /health HTTP/1.1\r\nHost: ${rig.authority}\r\n\r\n`);
    await first.answer(/"ok"/);
    using second = await Line.open(rig);
    using third = await Line.open(rig);
    assert.equal((await rig.http('/api/stats')).status, 200);
    await first.end();
    assert.match(first.text, /503/);
    assert.deepEqual([second.closed, third.closed, mine.closed], [false, false, undefined]);
  });

  it('are not all for who has less than the hub’s own token', async () => {
    await using rig = await HubRig.start(folder(), { maxConnections: 4, allowTokenlessClients: true });
    const headers = { Authorization: `Bearer ${scopedToken(rig.token, 'read')}` };
    const guests = [
      await rig.stream('/stream/progress', { headers }),
      await rig.stream('/stream/progress', { anonymous: true }),
    ];
    assert.deepEqual(
      guests.map(({ response }) => response.statusCode),
      [200, 200],
    );
    assert.equal((await rig.http('/api/state', { headers })).status, 503);
    assert.equal((await rig.http('/api/state', { anonymous: true })).status, 503);
    assert.equal((await rig.http('/api/state')).status, 200);
    guests[0]?.response.destroy();
    await until('a place for a guest', async () => (await rig.http('/api/state', { headers })).status === 200);
    guests[1]?.response.destroy();
  });
});

describe('Who is slow', () => {
  const folder = useTemporaryFolder();

  it('with a head, even after a good request, or with a body, is cut off in time and counted; others are served', async () => {
    const clock = new FakeClock();
    await using rig = await HubRig.start(folder(), { clock });
    const authorization = `Host: ${rig.authority}\r\nAuthorization: Bearer ${rig.token}\r\n`;
    using first = await Line.open(rig);
    using again = await Line.open(rig);
    using body = await Line.open(rig);
    first.socket.write('GET /health HTTP/1.1\r\nHost: ');
    again.socket.write(`GET /api/stats HTTP/1.1\r\n${authorization}\r\n`);
    await again.answer(/total_events/);
    again.socket.write(`GET /api/stats HTTP/1.1\r\n${authorization}`);
    body.socket.write(
      `POST /emit HTTP/1.1\r\n${authorization}Content-Type: application/json\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n`,
    );
    await body.answer(/100 Continue/);
    body.socket.write('[');
    const others = await rig.connect();
    clock.advance(5_000);
    await first.end();
    assert.deepEqual([again.closed, body.closed], [false, false]);
    clock.advance(5_000);
    await again.end();
    assert.equal(body.closed, false);
    clock.advance(20_000);
    await body.end();
    const counts = await refused(rig);
    assert.deepEqual([counts['NOT_ADMITTED_IN_TIME'], counts['TOO_SLOW']], [1, 1]);
    assert.equal(others.closed, undefined);
  });

  it('is not who waits long for an answer, or between two requests', async () => {
    const clock = new FakeClock();
    await using rig = await HubRig.start(folder(), { clock });
    const stream = await rig.stream();
    await until('the stream to begin', () => stream.retry !== '');
    using line = await Line.open(rig);
    line.socket.write(
      `GET /api/stats HTTP/1.1\r\nHost: ${rig.authority}\r\nAuthorization: Bearer ${rig.token}\r\n\r\n`,
    );
    await line.answer(/total_events/);
    clock.advance(9_000);
    line.socket.write(`GET /health HTTP/1.1\r\nHost: ${rig.authority}\r\n\r\n`);
    await line.answer(/"status":"ok"/);
    clock.advance(40_000);
    await until('the heartbeat', () => stream.comments > 0);
    assert.equal(stream.ended, false);
    stream.response.destroy();
  });
});

describe('What is no HTTP', () => {
  const folder = useTemporaryFolder();

  it('is answered, counted, and harms nobody', async () => {
    await using rig = await HubRig.start(folder());
    const others = await rig.connect();
    const host = `Host: ${rig.authority}\r\n`;
    for (const [text, status] of [
      ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
      ['GET / HTTP/9.9\r\n\r\n', 400],
      [`GET / HTTP/1.1\r\n${host}X: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
      [`POST /emit HTTP/1.1\r\n${host}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`, 400],
      [`POST /emit HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, 400],
      [`GET / HTTP/1.1\r\n${host}Evil: a\0b\r\n\r\n`, 400],
      [`GET / HTTP/1.1\r\n${host}Evil : b\r\n\r\n`, 400],
    ] as const) {
      using line = await Line.open(rig);
      line.socket.write(text, 'latin1');
      await line.end();
      assert.match(line.text, new RegExp(`^HTTP/1\\.1 ${status} .*"code":`, 's'), JSON.stringify(text.slice(0, 80)));
    }
    assert.equal((await refused(rig))['MALFORMED_HTTP'], 7);
    assert.equal((await others.ask({ op: 'ping', id: 1 })).op, 'pong');
  });
});

describe('Every refusal', () => {
  const folder = useTemporaryFolder();

  it('is counted by its reason: of the gate, of a route, of a frame', async () => {
    await using rig = await HubRig.start(folder());
    const post = { method: 'POST' } as const;
    await rig.http('/api/state', { anonymous: true });
    await rig.http('/api/state', { headers: { Host: 'evil.example' } });
    await rig.http('/api/state', { headers: { Origin: 'null' } });
    await rig.http('/emit', { ...post, body: '{', headers: { 'Content-Type': 'text/plain' } });
    await rig.http('/emit', { ...post, body: '{' });
    await rig.http('/emit', { ...post, body: '{}' });
    await rig.http('/nowhere');
    await rig.http('/hello');
    const socket = await rig.connect();
    await socket.ask({ op: 'unsubscribe', id: 1, subscription: 's9' });
    socket.webSocket.send('x'.repeat(1024 * 1024 + 1));
    await until('the cut', () => socket.closed);
    assert.deepEqual(await refused(rig), {
      UNAUTHORIZED: 1,
      FORBIDDEN_HOST: 1,
      FORBIDDEN_ORIGIN: 1,
      UNSUPPORTED_MEDIA_TYPE: 1,
      INVALID_JSON: 1,
      INVALID_EVENT: 1,
      NOT_FOUND: 1,
      INVALID_FRAME: 1,
      UNKNOWN_SUBSCRIPTION: 1,
      TOO_LARGE: 1,
    });
  });
});

describe('Connections', () => {
  let ports = 1_000;
  function from(remoteAddress: string): PassThrough & Socket {
    const ends = { localAddress: '10.0.0.1', localPort: 1, remoteAddress, remotePort: (ports += 1) };
    return Object.assign(new PassThrough(), ends) as unknown as PassThrough & Socket;
  }

  it('come only so fast, from this machine by whatever address, and again with time', () => {
    const clock = new FakeClock();
    const counters = new HubCounters();
    using connections = new Connections(clock, counters, 10_000);
    const accepted = (address: string): boolean => {
      const socket = from(address);
      connections.accept(socket, false);
      return !socket.destroyed;
    };
    for (let index = 0; index < 2_000; index += 1) assert.ok(accepted(`127.0.0.${index % 250}`));
    assert.deepEqual([accepted('127.0.0.1'), accepted('::1'), accepted('10.0.0.9')], [false, false, true]);
    assert.equal(counters.toJSON().refused['CONNECTION_RATE'], 2);
    clock.advance(1_000);
    assert.ok(accepted('127.0.0.1'));
  });

  it('of one address of another machine take a quarter of the places at most', () => {
    using connections = new Connections(new FakeClock(), new HubCounters(), 8);
    const sockets = ['10.0.0.9', '10.0.0.9', '10.0.0.8', '127.0.0.1', '127.0.0.1', '127.0.0.1'].map(from);
    for (const socket of sockets) {
      connections.accept(socket, false);
      assert.equal(connections.admit(socket, 'admin'), undefined);
    }
    const [third, own] = [from('10.0.0.9'), from('127.0.0.1')];
    connections.accept(third, false);
    connections.accept(own, false);
    assert.deepEqual([third.destroyed, own.destroyed], [true, false]);
    assert.ok(sockets.every((socket) => !socket.destroyed));
  });

  it('leave nothing behind when they are over', () => {
    const clock = new FakeClock();
    using connections = new Connections(clock, new HubCounters(), 1);
    for (let index = 0; index < 5; index += 1) {
      const socket = from('127.0.0.1');
      connections.accept(socket, true);
      assert.ok(connections.has(socket));
      socket.emit('close');
      assert.equal(connections.has(socket), false);
    }
    assert.equal(clock.pending, 0);
  });
});
