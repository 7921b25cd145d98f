import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { EventBus } from '../../src/bus/eventBus.js';
import type { Envelope } from '../../src/events/envelope.js';
import { Feed } from '../../src/hub/feed.js';
import { Ingest } from '../../src/hub/ingest.js';
import { catchUp } from '../../src/hub/replay.js';
import { Subscription } from '../../src/hub/subscription.js';
import { EventLog } from '../../src/log/eventLog.js';
import { systemClock } from '../../src/primitives/clock.js';
import { silentLogger } from '../../src/primitives/logger.js';

const REPEATS = 5;
const REPLAYED = 100_000;
/** 300 bytes each. */
const HISTORY = Number(process.env['STORYLOOP_BENCH_EVENTS'] ?? 1_000_000);

const folder = mkdtempSync(path.join(os.tmpdir(), 'storyloop-bench-'));

const eventOf = (seq: number): Envelope => ({
  ...{ id: `e_${seq.toString(36).padStart(10, '0')}`, type: 'log.message', prd_id: 'sample-prd-3fa2c1' },
  ...{ timestamp: '2026-01-01T00:00:00.000Z', source: 'ci', term: 0, source_seq: seq },
  data: { level: 'info', message: 'x'.repeat(60) },
});

function openLog(dir: string, term: number): Promise<EventLog> {
  return EventLog.open({
    ...{ dir, term, logger: silentLogger, stillOwner: () => true },
    accept: () => Promise.resolve(),
    acceptedLength: () => Promise.resolve(undefined),
  });
}

async function makeLog(events: number): Promise<string> {
  const dir = mkdtempSync(path.join(folder, 'log-'));
  await using log = await openLog(dir, 1);
  for (let seq = 1; seq <= events; seq += 4_000) {
    const stored = await log.append(
      Array.from({ length: Math.min(4_000, events - seq + 1) }, (_, index) => eventOf(seq + index)),
    );
    if (!stored.ok) throw new Error(stored.error.message);
    for (const entry of stored.value) log.memory.apply(entry.event, entry.seq);
  }
  return dir;
}

const filesOf = (dir: string): string[] => readdirSync(dir).map((name) => path.join(dir, name));

/** Milliseconds by the clock, and of this process's processors: those say more where others are at work too. */
interface Took {
  readonly ms: number;
  readonly cpu: number;
}

async function timed(work: () => Promise<unknown>): Promise<Took> {
  const before = process.cpuUsage();
  const start = performance.now();
  await work();
  const end = performance.now();
  const { user, system } = process.cpuUsage(before);
  return { ms: end - start, cpu: (user + system) / 1000 };
}

async function medians(...works: (() => Promise<Took>)[]): Promise<Took[]> {
  const found: Took[][] = works.map(() => []);
  // In turn, after a round that does not count.
  for (let round = 0; round <= REPEATS; round += 1) {
    for (const [index, work] of works.entries()) {
      const value = await work();
      if (round > 0) found[index]?.push(value);
    }
  }
  return found.map((took) => ({ ms: median(took.map(({ ms }) => ms)), cpu: median(took.map(({ cpu }) => cpu)) }));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

function row(label: string, value: string): void {
  console.log(`  ${label.padEnd(58)} ${value}`);
}

const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)} ms`;
const shown = (took: Took | undefined): string => `${ms(took?.ms ?? NaN)}, processor ${ms(took?.cpu ?? NaN)}`;
const ratio = (took: Took | undefined, reference: Took | undefined): string =>
  `${((took?.ms ?? NaN) / (reference?.ms ?? NaN)).toFixed(2)} ×, processor ${((took?.cpu ?? NaN) / (reference?.cpu ?? NaN)).toFixed(2)} ×`;

/** A process that reads all that comes, and says when it has it: `bytes` of it, then a byte back. */
const client = `
const socket = require('net').connect(Number(process.argv[1]), '127.0.0.1');
let left = 0;
let head = Buffer.alloc(0);
socket.on('data', (chunk) => {
  if (left === 0) { head = Buffer.concat([head, chunk]); if (head.length < 8) return; left = Number(head.readBigUInt64LE()); chunk = head.subarray(8); head = Buffer.alloc(0); }
  left -= chunk.length;
  if (left === 0) socket.write('x');
});`;

class Client implements AsyncDisposable {
  static async connect(): Promise<Client> {
    const server = createServer({ noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const child = spawn(process.execPath, ['-e', client, String(address.port)], { stdio: 'inherit' });
    const [socket] = (await once(server, 'connection')) as [Socket];
    server.close();
    return new Client(socket, () => child.kill());
  }

  private constructor(
    readonly socket: Socket,
    private readonly end: () => void,
  ) {}

  /** Announces so many bytes, has them sent, and waits until the client has them. */
  async takes(bytes: number, send: () => Promise<unknown>): Promise<void> {
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(bytes));
    this.socket.write(size);
    const taken = once(this.socket, 'data');
    await send();
    await taken;
  }

  async write(bytes: Buffer): Promise<void> {
    if (!this.socket.write(bytes)) await once(this.socket, 'drain');
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    this.end();
    return Promise.resolve();
  }
}

/** The stored bytes as they are, from the same files. */
async function forward(client: Client, dir: string): Promise<void> {
  const buffers = [Buffer.allocUnsafeSlow(256 * 1024), Buffer.allocUnsafeSlow(256 * 1024)] as const;
  for (const name of filesOf(dir)) {
    const file = await open(name, 'r');
    for (let turn = 0, at = 0; ; turn += 1) {
      const { bytesRead, buffer } = await file.read(buffers[turn % 2 === 0 ? 0 : 1], 0, 256 * 1024, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      await client.write(buffer.subarray(0, bytesRead));
    }
    await file.close();
  }
}

const frameHead = Buffer.from('\x81\x7e\0\0{"op":"event","s":["s1"],"event":', 'latin1');

/** Each event in a WebSocket frame of its own, a batch in one write, as the hub's transport has them. */
function framed(jsons: readonly Buffer[]): Buffer {
  const size = jsons.reduce((sum, json) => sum + json.length, jsons.length * (frameHead.length + 1));
  const bytes = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (const json of jsons) {
    bytes.set(frameHead, at);
    bytes.writeUInt16BE(frameHead.length - 4 + json.length + 1, at + 2);
    bytes.set(json, at + frameHead.length);
    at += frameHead.length + json.length;
    bytes[at] = 0x7d;
    at += 1;
  }
  return bytes;
}

interface Replayed {
  bytes: number;
  firstMs: number;
}

async function replay(
  log: EventLog,
  from: number,
  filter: object,
  send: (bytes: Buffer) => Promise<void>,
): Promise<Replayed> {
  const feed = new Feed(log.lastSeq, log.recovered.slice(-1), silentLogger);
  const start = performance.now();
  const replayed = { bytes: 0, firstMs: 0 };
  await catchUp(log, feed, new Subscription('s1', filter, from), async (entries) => {
    replayed.firstMs ||= performance.now() - start;
    const bytes = framed(entries.map(({ json }) => json));
    replayed.bytes += bytes.length;
    await send(bytes);
  });
  return replayed;
}

async function benchReplay(dir: string, history: string): Promise<void> {
  await using client = await Client.connect();
  await using log = await openLog(dir, 2);
  const size = filesOf(dir).reduce((sum, file) => sum + statSync(file).size, 0);
  const { bytes } = await replay(log, 1, {}, () => Promise.resolve());
  const memory = { before: 0, most: 0 };
  const resident = (): number => process.memoryUsage().rss;
  const [raw, sent, only, typed, ofPrd] = await medians(
    () => timed(() => client.takes(size, () => forward(client, dir))),
    () => {
      memory.before ||= resident();
      const send = async (part: Buffer): Promise<void> => {
        memory.most = Math.max(memory.most, resident());
        await client.write(part);
      };
      return timed(() => client.takes(bytes, () => replay(log, 1, {}, send)));
    },
    () => timed(() => replay(log, 1, {}, () => Promise.resolve())),
    () => timed(() => replay(log, 1, { types: ['story.*'] }, () => Promise.resolve())),
    () => timed(() => replay(log, 1, { prds: ['another'] }, () => Promise.resolve())),
  );
  console.log(
    `Replay of ${log.lastSeq.toLocaleString('en')} events (${(size / 1e6).toFixed(0)} MB) to one client in a process of its own`,
  );
  row('forwarding the files as they are', shown(raw));
  row('replay, each event in a frame', `${shown(sent)}   ${ratio(sent, raw)} (goal 1.3 ×)`);
  row('the same without a socket', `${shown(only)}   ${ratio(only, raw)}`);
  row('by type, none fits, without a socket', `${shown(typed)}   ${ratio(typed, raw)}`);
  row('by PRD, none fits, without a socket', `${shown(ofPrd)}   ${ratio(ofPrd, raw)}`);
  row('memory while it runs', `+ ${((memory.most - memory.before) / 1e6).toFixed(0)} MB (goal < 20 MB)`);

  await using large = await openLog(history, readdirSync(history).length + 1_000);
  const firsts: number[] = [];
  for (let round = 0; round < 20; round += 1) {
    const from = 1 + Math.floor(((round * 37) % 100) * 0.01 * large.lastSeq);
    const reading = large.read(from, large.lastSeq);
    firsts.push((await timed(() => reading.next())).ms);
    await reading.return();
  }
  row(
    `first event from anywhere in ${large.lastSeq.toLocaleString('en')}`,
    `${ms(median(firsts))}, at most ${ms(Math.max(...firsts))} (goal < 5 ms)`,
  );
}

async function benchStart(dirs: readonly { dir: string; events: number }[]): Promise<void> {
  for (const { dir, events } of dirs) {
    let term = 10;
    const [reading, starting] = await medians(
      () => timed(() => Promise.all(filesOf(dir).map((file) => readFile(file)))),
      async () => {
        let log: EventLog | undefined;
        const took = await timed(async () => (log = await openLog(dir, ++term)));
        await log?.[Symbol.asyncDispose]();
        // It would be the last segment next time, and empty.
        rmSync(path.join(dir, `${term}-1.jsonl`));
        return took;
      },
    );
    const megabytes = filesOf(dir).reduce((sum, file) => sum + statSync(file).size, 0) / 1e6;
    console.log(`Start with a log of ${events.toLocaleString('en')} events (${megabytes.toFixed(0)} MB)`);
    row('reading it once', shown(reading));
    row('ready', `${shown(starting)} (goal < 500 ms)`);
  }
}

async function benchAppend(): Promise<void> {
  const dir = mkdtempSync(path.join(folder, 'append-'));
  const file = await open(path.join(dir, 'reference'), 'w');
  const line = Buffer.alloc(300, 'x');
  await using log = await openLog(dir, 1);
  const rounds = 300;
  const one: number[] = [];
  const appended: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const sync = async (): Promise<void> => {
      await file.write(line, 0, line.length, round * line.length);
      await file.datasync();
    };
    one.push((await timed(sync)).ms);
    appended.push((await timed(() => log.append([eventOf(round + 1)]))).ms);
  }
  await file.close();
  console.log('Publish to durable acknowledgement');
  row('write and fdatasync', ms(median(one)));
  row('append to the log', `${ms(median(appended))}   ${(median(appended) / median(one)).toFixed(2)} × (goal 1.5 ×)`);

  await using ingest = new Ingest(
    log,
    new EventBus(silentLogger),
    new Feed(log.lastSeq, [], silentLogger),
    systemClock,
  );
  for (const atATime of [1, 16, 64]) {
    const perPublisher = 200;
    let count = 0;
    const took = await timed(() =>
      Promise.all(
        Array.from({ length: 16 }, async (_, publisher) => {
          for (let round = 0; round < perPublisher; round += 1) {
            const events = Array.from({ length: atATime }, () => ({
              type: 'log.message',
              data: { level: 'info', message: 'x'.repeat(60) },
            }));
            const stored = await ingest.publish(`p${publisher}`, events);
            if (!stored.ok) throw new Error(stored.error.message);
            count += atATime;
          }
        }),
      ),
    );
    row(
      `16 publishers, ${atATime} at a time, validated and folded`,
      `${Math.round((1000 * count) / took.ms).toLocaleString('en')} acks/s, processor ${((1000 * took.cpu) / count).toFixed(1)} µs each`,
    );
  }
}

async function main(): Promise<void> {
  try {
    const small = await makeLog(REPLAYED);
    const large = await makeLog(HISTORY);
    await benchAppend();
    await benchStart([
      { dir: small, events: REPLAYED },
      { dir: large, events: HISTORY },
    ]);
    await benchReplay(small, large);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
