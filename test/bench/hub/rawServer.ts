// The reference: node and `ws`, nothing else. `once` writes each event to each subscriber; `tick` what a turn brought.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { textFrames } from '../../../src/hub/webSocketFrames.js';

const [mode] = process.argv.slice(2);
const subscribers = new Set<Duplex>();
let turn: Buffer[] = [];

function publish(event: Buffer): void {
  if (mode === 'once') {
    const frame = textFrames([event]);
    for (const socket of subscribers) socket.write(frame);
    return;
  }
  if (turn.length === 0) setImmediate(flush);
  turn.push(event);
}

function flush(): void {
  const frames = textFrames(turn);
  turn = [];
  for (const socket of subscribers) socket.write(frames);
}

const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false });
const server = createServer();
server.on('upgrade', (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (client) => {
    if (request.url === '/publish') {
      client.on('message', publish);
      return;
    }
    subscribers.add(socket);
    client.on('error', () => {}).on('close', () => subscribers.delete(socket));
  });
});
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
process.on('SIGTERM', () => process.exit());
