import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { until } from '../../rig/waiting.js';
import { HubRig } from './hubRig.js';

interface RawFrame {
  readonly fin?: boolean;
  /** The three reserved bits. */
  readonly rsv?: number;
  readonly opcode?: number;
  readonly masked?: boolean;
  readonly payload?: string | Buffer;
  /** The length that the head says, and in which of the three forms. */
  readonly length?: number;
  readonly form?: 7 | 16 | 64;
}

/** One frame as RFC 6455 §5.2 lays it out, right or wrong. */
function frame(raw: RawFrame): Buffer {
  const { fin = true, rsv = 0, opcode = 1, masked = true, payload = '' } = raw;
  const data = Buffer.from(payload);
  const length = raw.length ?? data.length;
  const form = raw.form ?? (length < 126 ? 7 : length < 65_536 ? 16 : 64);
  const head = Buffer.alloc(form === 7 ? 2 : form === 16 ? 4 : 10);
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  head[1] = (masked ? 0x80 : 0) | (form === 7 ? length : form === 16 ? 126 : 127);
  if (form === 16) head.writeUInt16BE(length, 2);
  if (form === 64) head.writeBigUInt64BE(BigInt(length), 2);
  const key = Buffer.from([1, 2, 3, 4]);
  return masked
    ? Buffer.concat([head, key, data.map((byte, index) => byte ^ (key[index % 4] ?? 0))])
    : Buffer.concat([head, data]);
}

const [binary, close, ping, pong] = [2, 8, 9, 10];
const closing = (code: number, reason: string | Buffer = ''): Buffer => {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return frame({ opcode: close, payload: Buffer.concat([head, Buffer.from(reason)]) });
};
const asksPing = '{"op":"ping","id":"vector"}';

/** What a client sends, and with which code it is closed; 0: without one; `alive`: not at all. */
const vectors: readonly [string, readonly Buffer[], number | 'alive'][] = [
  ['a text', [frame({ payload: asksPing })], 'alive'],
  ['an empty text', [frame({})], 'alive'],
  [
    'a text in three parts',
    [
      frame({ fin: false, payload: '{"op":' }),
      frame({ fin: false, opcode: 0, payload: '"ping"' }),
      frame({ opcode: 0, payload: '}' }),
    ],
    'alive',
  ],
  [
    'a ping between the parts of a text',
    [frame({ fin: false, payload: '{"op":' }), frame({ opcode: ping }), frame({ opcode: 0, payload: '"ping"}' })],
    'alive',
  ],
  [
    'a character cut in two by its parts',
    [
      frame({ fin: false, payload: Buffer.from([0x22, 0xc3]) }),
      frame({ opcode: 0, payload: Buffer.from([0xa4, 0x22]) }),
    ],
    'alive',
  ],
  ['a binary message', [frame({ opcode: binary, payload: '{}' })], 'alive'],
  ['a ping with 125 bytes', [frame({ opcode: ping, payload: 'x'.repeat(125) })], 'alive'],
  ['a pong that nobody asked for', [frame({ opcode: pong, payload: 'x' })], 'alive'],
  ['a length in a longer form than it needs', [frame({ payload: '{}', form: 16 })], 'alive'],
  ['a length in the longest form', [frame({ payload: '{}', form: 64 })], 'alive'],
  ['its frame byte by byte', [...frame({ payload: asksPing })].map((byte) => Buffer.from([byte])), 'alive'],

  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): [string, readonly Buffer[], number] => [
    `opcode ${opcode}`,
    [frame({ opcode })],
    1002,
  ]),
  ...[1, 2, 4, 7].map((rsv): [string, readonly Buffer[], number] => [
    `reserved bits ${rsv}`,
    [frame({ rsv, payload: '{}' })],
    1002,
  ]),
  ['reserved bits on a ping', [frame({ rsv: 4, opcode: ping })], 1002],
  ['a text without a mask', [frame({ masked: false, payload: '{}' })], 1002],
  ['a ping without a mask', [frame({ masked: false, opcode: ping })], 1002],
  ['a part of nothing', [frame({ opcode: 0, payload: '{}' })], 1002],
  ['a text within another one', [frame({ fin: false, payload: '{' }), frame({ payload: '}' })], 1002],
  ['a ping in parts', [frame({ fin: false, opcode: ping, payload: 'x' })], 1002],
  ['a close in parts', [frame({ fin: false, opcode: close })], 1002],
  ['a ping of 126 bytes', [frame({ opcode: ping, payload: 'x'.repeat(126) })], 1002],
  ['a close of 126 bytes', [frame({ opcode: close, payload: Buffer.alloc(126, 0x03) })], 1002],
  ['a close of one byte', [frame({ opcode: close, payload: 'x' })], 1002],
  ['a length beyond 2^53', [frame({ payload: '{}', length: 2 ** 60, form: 64 })], 1009],
  ['a length beyond the limit, and nothing else', [frame({ payload: '', length: 1024 * 1024 + 1, form: 64 })], 1009],
  [
    'parts that are too large together',
    [frame({ fin: false, payload: 'x'.repeat(1024 * 1024) }), frame({ opcode: 0, payload: 'x' })],
    1009,
  ],
  [
    'too many parts',
    [
      frame({ fin: false, payload: 'x' }),
      ...Array.from({ length: 1_024 }, () => frame({ fin: false, opcode: 0, payload: 'x' })),
    ],
    1008,
  ],
  ['a text that is not UTF-8', [frame({ payload: Buffer.from([0xff, 0xfe]) })], 1007],
  ['a surrogate as UTF-8', [frame({ payload: Buffer.from([0xed, 0xa0, 0x80]) })], 1007],
  ['a character in too many bytes', [frame({ payload: Buffer.from([0xc0, 0x80]) })], 1007],
  ['a reason that is not UTF-8', [closing(1000, Buffer.from([0xff]))], 1007],
  ...[0, 999, 1004, 1005, 1006, 1015, 2999, 65_535].map((code): [string, readonly Buffer[], number] => [
    `close code ${code}`,
    [closing(code)],
    1002,
  ]),
  ...[1000, 1001, 3000, 4999].map((code): [string, readonly Buffer[], number] => [
    `close code ${code}`,
    [closing(code, 'bye')],
    code,
  ]),
  ['a close without a code', [frame({ opcode: close })], 0],
  ['bytes after its close', [closing(1000), frame({ payload: asksPing })], 1000],
];

/** A WebSocket by hand: what is sent is what the vector says. */
class RawSocket implements Disposable {
  #received = Buffer.alloc(0);
  ended = false;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk) => (this.#received = Buffer.concat([this.#received, chunk])));
    socket.on('close', () => (this.ended = true)).on('error', () => {});
  }

  static async open(rig: HubRig): Promise<RawSocket> {
    const socket = connect(rig.hub.port, '127.0.0.1');
    const raw = new RawSocket(socket);
    await once(socket, 'connect');
    const head = [
      `GET /ws HTTP/1.1`,
      `Host: ${rig.authority}`,
      `Authorization: Bearer ${rig.token}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    await until('the greeting', () => raw.#received.includes('"op":"init"'));
    return raw;
  }

  send(...frames: readonly Buffer[]): void {
    for (const one of frames) this.socket.write(one);
  }

  get text(): string {
    return this.#received.toString('latin1');
  }

  /** The code in the close frame that came; 0 for one without, undefined for none. */
  get closeCode(): number | undefined {
    let at = this.#received.indexOf('\r\n\r\n') + 4;
    while (at + 2 <= this.#received.length) {
      const short = (this.#received[at + 1] ?? 0) & 0x7f;
      const long = short === 126 ? this.#received.readUInt16BE(at + 2) : short;
      const head = short === 126 ? 4 : 2;
      if (((this.#received[at] ?? 0) & 0x0f) === close) return long >= 2 ? this.#received.readUInt16BE(at + head) : 0;
      at += head + long;
    }
    return undefined;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

describe('The frames of RFC 6455', () => {
  let folder: string;
  let rig: HubRig;
  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'storyloop-frames-'));
    rig = await HubRig.start(folder);
  });
  after(async () => {
    await rig[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  for (const [what, frames, expected] of vectors) {
    it(`${what}: ${expected === 'alive' ? 'goes on' : `is closed with ${expected || 'no code'}`}, and others are served`, async () => {
      using raw = await RawSocket.open(rig);
      raw.send(...frames);
      if (expected === 'alive') {
        raw.send(frame({ payload: '{"op":"ping","id":"still"}' }));
        await until('the answer', () => raw.text.includes('"still"'));
        assert.equal(raw.closeCode, undefined);
      } else {
        await until('the end', () => raw.ended);
        assert.equal(raw.closeCode, expected);
        assert.ok(!raw.text.includes('vector'));
      }
      assert.equal((await rig.http('/health')).status, 200);
    });
  }
});
