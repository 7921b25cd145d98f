import { once } from 'node:events';
import WebSocket from 'ws';
import { until } from '../../rig/waiting.js';
import type { HttpAnswer, HubRig, RequestOptions } from '../hub/hubRig.js';

const target = '/socket.io/?EIO=4&transport=';

/** A client of Socket.IO, packet by packet, without its library. Shows no token unless told to. */
export abstract class TransportClient {
  /** `40{…}` and so on, as they came. */
  readonly packets: string[] = [];

  abstract send(packet: string): Promise<number>;

  /** The data of all events of a name. */
  events(name: string): Record<string, unknown>[] {
    return this.packets
      .filter((packet) => packet.startsWith('42'))
      .map((packet) => JSON.parse(packet.slice(2)) as [string, Record<string, unknown>])
      .flatMap(([event, data]) => (event === name ? [data] : []));
  }

  emit(name: string, data: unknown): Promise<number> {
    return this.send(`42${JSON.stringify([name, data])}`);
  }

  packet(start: string): Promise<string> {
    return until(`${start}…; there are ${this.packets.join(' ')}`, () =>
      this.packets.find((packet) => packet.startsWith(start)),
    );
  }

  got(name: string, count = 1): Promise<Record<string, unknown>> {
    return until(`${name}; there are ${this.packets.join(' ')}`, () => this.events(name)[count - 1]);
  }
}

/** Polls whenever it is asked for what came. */
export class PollingClient extends TransportClient {
  static async open(rig: HubRig, options: RequestOptions = {}): Promise<PollingClient> {
    const answer = await rig.http(`${target}polling`, { anonymous: true, ...options });
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.body}`);
    const { sid } = JSON.parse(answer.body.slice(1)) as { sid: string };
    return new PollingClient(rig, sid, options);
  }

  private constructor(
    private readonly rig: HubRig,
    readonly sid: string,
    private readonly options: RequestOptions,
  ) {
    super();
  }

  get path(): string {
    return `${target}polling&sid=${this.sid}`;
  }

  async poll(): Promise<HttpAnswer> {
    const answer = await this.rig.http(this.path, { anonymous: true, ...this.options });
    if (answer.status === 200) this.packets.push(...answer.body.split('\x1e'));
    return answer;
  }

  async send(packet: string): Promise<number> {
    const headers = { 'Content-Type': 'text/plain;charset=UTF-8', ...this.options.headers };
    const { status } = await this.rig.http(this.path, { anonymous: true, method: 'POST', body: packet, headers });
    return status;
  }
}

export class WebSocketClient extends TransportClient {
  closed = false;

  static async open(rig: HubRig, options: RequestOptions = {}): Promise<WebSocketClient> {
    const client = new WebSocketClient(rig.socket(`${target}websocket`, { anonymous: true, ...options }));
    await once(client.webSocket, 'open');
    return client;
  }

  private constructor(readonly webSocket: WebSocket) {
    super();
    webSocket.on('message', (data: Buffer) => this.packets.push(data.toString()));
    webSocket.on('close', () => (this.closed = true));
  }

  send(packet: string): Promise<number> {
    this.webSocket.send(packet);
    return Promise.resolve(200);
  }
}
