import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { once } from 'node:events';

/** What stands between a client and a hub and may not let everything through: a company's proxy. */
export class Gateway implements AsyncDisposable {
  static async start(hubPort: number, lets: { webSockets: boolean; streams: boolean }): Promise<Gateway> {
    const gateway = new Gateway(hubPort, lets);
    gateway.#server.listen(0, '127.0.0.1');
    await once(gateway.#server, 'listening');
    return gateway;
  }

  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly hubPort: number,
    private readonly lets: { webSockets: boolean; streams: boolean },
  ) {
    this.#server = createServer((incoming, response) => {
      this.#forward(incoming, response);
    });
    this.#server.on('upgrade', (incoming: IncomingMessage, socket: Duplex) => {
      this.#tunnel(incoming, socket);
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => {});
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends every connection in the middle of whatever it does. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #headers(incoming: IncomingMessage): IncomingMessage['headers'] {
    return { ...incoming.headers, host: `127.0.0.1:${this.hubPort}` };
  }

  #forward(incoming: IncomingMessage, response: ServerResponse): void {
    const { url = '', method } = incoming;
    if (!this.lets.streams && url.startsWith('/stream')) {
      incoming.socket.destroy();
      return;
    }
    const options = { host: '127.0.0.1', port: this.hubPort, path: url, method, headers: this.#headers(incoming) };
    const sent = request({ ...options, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on('error', () => response.destroy()).pipe(response);
    });
    sent.on('error', () => response.destroy());
    response.on('close', () => sent.destroy());
    incoming.pipe(sent);
  }

  #tunnel(incoming: IncomingMessage, socket: Duplex): void {
    if (!this.lets.webSockets) {
      socket.destroy();
      return;
    }
    const hub = connect(this.hubPort, '127.0.0.1', () => {
      const headers = Object.entries(this.#headers(incoming)).map(([name, value]) => `${name}: ${String(value)}\r\n`);
      hub.write(`GET ${incoming.url ?? '/'} HTTP/1.1\r\n${headers.join('')}\r\n`);
      hub.pipe(socket).pipe(hub);
    });
    for (const [one, other] of [
      [hub, socket],
      [socket, hub],
    ] as const) {
      one.on('error', () => {}).on('close', () => other.destroy());
    }
  }
}
