import { connect, type Socket } from 'node:net';

export interface Address {
  readonly port: number;
  readonly path: string;
  readonly token: string;
}

/** Cheap: it hops from frame to frame and parses nothing, so that what is measured is the server. */
export class RawClient {
  /** `onFrame`: a text frame from `start` to `end` of `bytes`, only until it returns. */
  static open(address: Address, slabBytes: number, onFrame: RawClient['onFrame']): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const client = new RawClient(address, slabBytes, onFrame, () => {
        resolve(client);
      });
      client.socket.on('error', reject);
    });
  }

  readonly socket: Socket;
  #slab: Buffer;
  #filled = 0;
  #skip = 0;
  #upgraded = false;

  private constructor(
    { port, path, token }: Address,
    slabBytes: number,
    private readonly onFrame: (bytes: Buffer, start: number, end: number) => void,
    private readonly onOpen: () => void,
  ) {
    this.#slab = Buffer.allocUnsafe(slabBytes);
    const onread = {
      buffer: () => this.#slab.subarray(this.#filled),
      callback: (length: number) => {
        this.#read(this.#filled + length);
        return true;
      },
    };
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true, onread });
    const head = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
    const key = `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`;
    const lines = [`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...head, key, `Authorization: Bearer ${token}`];
    this.socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  }

  /** Text messages, with a mask that changes nothing, in one write. */
  send(messages: readonly string[]): void {
    this.socket.write(
      Buffer.concat(
        messages.flatMap((message) => {
          const payload = Buffer.from(message);
          const header = Buffer.alloc(payload.length > 0xffff ? 14 : payload.length > 125 ? 8 : 6);
          header[0] = 0x81;
          header[1] = 0x80 | (header.length === 14 ? 127 : header.length === 8 ? 126 : payload.length);
          if (header.length === 14) header.writeUInt32BE(payload.length, 6);
          if (header.length === 8) header.writeUInt16BE(payload.length, 2);
          return [header, payload];
        }),
      ),
    );
  }

  #read(filled: number): void {
    const slab = this.#slab;
    let at = Math.min(this.#skip, filled);
    this.#skip -= at;
    if (!this.#upgraded) {
      at = slab.subarray(0, filled).indexOf('\r\n\r\n') + 4;
      if (at === 3) throw new Error('The server did not answer');
      if (!slab.toString('latin1', 0, at).startsWith('HTTP/1.1 101')) throw new Error(slab.toString('latin1', 0, at));
      this.#upgraded = true;
      this.onOpen();
    }
    while (at + 10 <= filled || (at + 2 <= filled && (slab[at + 1] ?? 0) < 126)) {
      let length = slab[at + 1] ?? 0;
      let start = at + 2;
      if (length === 126) {
        length = slab.readUInt16BE(start);
        start += 2;
      } else if (length === 127) {
        length = slab.readUInt32BE(start + 4);
        start += 8;
      }
      const end = start + length;
      if (end > filled) {
        if (end - at <= slab.length) break;
        // Larger than any event: a greeting.
        this.#skip = end - filled;
        at = filled;
        break;
      }
      if (slab[at] === 0x81) this.onFrame(slab, start, end);
      at = end;
    }
    slab.copyWithin(0, at, filled);
    this.#filled = filled - at;
  }
}
