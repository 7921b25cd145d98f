// Loaded into a server before its program: tells what it uses, and lets in as many clients as the benchmark needs.
import { Server } from 'node:net';

Object.defineProperty(Server.prototype, 'maxConnections', { get: () => 5_000, set: () => {} });
process.on('message', (message) => {
  if (message !== 'usage') return;
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  process.send?.({ usage: { rss, heap: heapUsed + external, cpuMs: (user + system) / 1_000 } });
});
// A server ends when it has stopped.
process.channel?.unref();
