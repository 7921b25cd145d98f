// Loaded into a server before its program: tells what it uses.
process.on('message', (message) => {
  if (message !== 'usage') return;
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  process.send?.({ usage: { rss, heap: heapUsed + external, cpuMs: (user + system) / 1_000 } });
});
// A server ends when it has stopped.
process.channel?.unref();
