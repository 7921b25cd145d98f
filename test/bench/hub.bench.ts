import { fdatasyncSync, mkdtempSync, openSync, closeSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { Disposables } from '../../src/primitives/disposables.js';
import { BenchProcess } from './hub/benchProcess.js';
import { Load, startBare, startHub, startRaw, type Measured, type Target } from './hub/load.js';

const ROUNDS = 3;
const root = path.resolve(__dirname, '..', '..');
/** Beside what was built, because a temporary folder may be no disk. */
const folder = mkdtempSync(path.join(root, 'out', 'hub-bench-'));

type Numbers = Readonly<Record<string, number>>;

async function main(): Promise<void> {
  await using load = new Load();
  await using servers = new Disposables();
  const hub = await startHub(root, path.join(folder, 'home'));
  const [once, tick] = [await startRaw('once'), await startRaw('tick')];
  for (const target of [hub, once, tick]) servers.use(target.process);
  console.log(`Hub, publisher and subscribers in processes of their own; medians of ${ROUNDS} rounds in turn;`);
  console.log('events of 300 bytes; nothing lost, doubled or out of order, else this ends with an error');
  await fanOut(load, [hub, once, tick]);
  await thousand(load, hub, tick);
  await latency(load, hub, once);
  await acknowledgements(load, hub);
  await journal(load, hub);
  await memory();
}

async function fanOut(load: Load, targets: readonly Target[]): Promise<void> {
  for (const target of targets) await load.run(target, 10, 'saturate', 0.5);
  for (const subscribers of [100, 1]) {
    const rates = await inTurn(targets, async (target) => {
      const measured = await load.run(target, subscribers, 'saturate', 1.5);
      return { rate: measured.deliveriesPerSecond };
    });
    title(`Fan-out at saturation, ${subscribers} subscriber${subscribers === 1 ? '' : 's'}`);
    const [hub, once, tick] = rates.map(({ rate }) => rate ?? NaN);
    row('hub', `${count(hub)} deliveries/s`);
    row('raw-ws once, tick', `${count(once)}, ${count(tick)} deliveries/s`);
    row('hub / once', ratio(hub, once), subscribers === 100 ? '≥ 20' : '≥ 1');
    row('hub / tick', ratio(hub, tick), subscribers === 100 ? '≥ 0.75' : '');
  }
}

async function thousand(load: Load, hub: Target, tick: Target): Promise<void> {
  const results = await inTurn([hub, tick], async (target) => {
    const before = await target.process.usage();
    const measured = await load.run(target, 1_000, { rate: 1_000 }, 2);
    const after = await target.process.usage();
    return { rate: measured.deliveriesPerSecond, p99: at(measured, 0.99), grown: after.rss - before.rss };
  });
  title('1,000 events/s to 1,000 subscribers');
  row('delivered', `${count(results[0]?.['rate'])}/s`, 'all');
  row('p99', `${ms(results[0]?.['p99'])} (raw-ws tick ${ms(results[1]?.['p99'])})`, '< 10 ms');
  row('memory grown in a round', `${((results[0]?.['grown'] ?? NaN) / 1e6).toFixed(1)} MB`, 'flat');
}

async function latency(load: Load, hub: Target, once: Target): Promise<void> {
  const targets: readonly Target[] = [hub, { ...hub, as: 'transient' }, once];
  const results = await inTurn(targets, async (target) => {
    const measured = await load.run(target, 100, { rate: 1_000 }, 2);
    return { p50: at(measured, 0.5), p99: at(measured, 0.99), cpu: measured.cpuMicrosPerDelivery };
  });
  const [durable, transient, raw] = results;
  title('1,000 events/s to 100 subscribers');
  for (const quantile of ['p50', 'p99']) {
    const [ours, told, reference] = [durable?.[quantile], transient?.[quantile], raw?.[quantile]];
    row(`${quantile} sent after durable`, `${ms(ours)}, ${ratio(ours, reference)} × once (${ms(reference)})`, '≤ 3 ×');
    row(`${quantile} transient events`, `${ms(told)}, ${ratio(told, reference)} × once`, '≤ 1.3 ×');
  }
  const cpu = `${durable?.['cpu']?.toFixed(2)} µs, ${ratio(durable?.['cpu'], raw?.['cpu'])} × once`;
  row('CPU per delivery', cpu, '≤ 1.3 ×');
}

async function acknowledgements(load: Load, hub: Target): Promise<void> {
  const results = await inTurn([hub], async () => {
    const sync = oneSync();
    const single = await load.acknowledgements(hub, 1, 1, 1);
    const many = await load.acknowledgements(hub, 16, 64, 1.5);
    return { sync, p50: at(single, 0.5), acks: many.acksPerSecond };
  });
  const [result] = results;
  title('Publish → durable acknowledgement');
  row(
    'p50',
    `${ms(result?.['p50'])}, ${ratio(result?.['p50'], result?.['sync'])} × fdatasync (${ms(result?.['sync'])})`,
    '≤ 1.5 ×',
  );
  row('16 publishers', `${count(result?.['acks'])} acks/s`, '≥ 100,000');
}

async function journal(load: Load, hub: Target): Promise<void> {
  let run = 0;
  const results = await inTurn([hub], async () => {
    const sync = oneSync();
    const args = [
      BenchProcess.program('journal'),
      path.join(folder, 'home'),
      path.join(folder, 'repo'),
      `run_${++run}`,
    ];
    await using coordinator = new BenchProcess(1, args);
    await coordinator.says('ready');
    // The hub looks at the known projects, and at a project's runs.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const measured = await load.follow(hub, coordinator, 2_000, 2);
    return { sync, p50: at(measured, 0.5), p99: at(measured, 0.99) };
  });
  const [result] = results;
  title("Coordinator's append → client of the hub, 2,000 events/s");
  row(
    'p50',
    `${ms(result?.['p50'])}, ${ratio(result?.['p50'], result?.['sync'])} × fdatasync (${ms(result?.['sync'])})`,
    '≤ 4 ×',
  );
  row('p99', ms(result?.['p99']), '< 10 ms');
}

async function memory(): Promise<void> {
  await using load = new Load();
  const results: Numbers[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    await using servers = new Disposables();
    const bare = servers.use(startBare());
    const hub = await startHub(root, path.join(folder, `memory-${round}`));
    servers.use(hub.process);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const [nothing, idle] = [await bare.usage(), await hub.process.usage()];
    await load.run({ ...hub, as: 'transient' }, 10, { rate: 1_000 }, 0.5);
    await load.idle(hub, 100);
    await load.leave();
    const alone = await hub.process.usage();
    await load.idle(hub, 500);
    const crowded = await hub.process.usage();
    await load.leave();
    const empty = await hub.process.usage();
    await load.run(hub, 1, { rate: 2_000 }, 0.5);
    const full = await hub.process.usage();
    results.push({
      idle: idle.rss - nothing.rss,
      client: (crowded.heap - alone.heap) / 500,
      clientRss: (crowded.rss - alone.rss) / 500,
      history: full.heap - empty.heap,
    });
  }
  const [idle, client, clientRss, history] = ['idle', 'client', 'clientRss', 'history'].map((name) =>
    medianOf(results, name),
  );
  title('Memory of the hub');
  row('idle, over a bare node process', `${((idle ?? NaN) / 1e6).toFixed(1)} MB`, '< 20 MB');
  row(
    'per idle client',
    `${((client ?? NaN) / 1e3).toFixed(1)} KB (resident ${((clientRss ?? NaN) / 1e3).toFixed(1)})`,
    '< 30 KB',
  );
  row('per 1,000 events of history', `${((history ?? NaN) / 1e6).toFixed(2)} MB`, '< 1 MB');
}

/** Medians of each number that `measure` answers, for each target; the targets take turns. */
async function inTurn(targets: readonly Target[], measure: (target: Target) => Promise<Numbers>): Promise<Numbers[]> {
  const results = targets.map((): Numbers[] => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, target] of targets.entries()) results[index]?.push(await measure(target));
  }
  return results.map((rounds) =>
    Object.fromEntries(Object.keys(rounds[0] ?? {}).map((name) => [name, medianOf(rounds, name)])),
  );
}

/** Microseconds that writing 300 bytes and one `fdatasync` take where the log is. */
function oneSync(): number {
  const file = openSync(path.join(folder, 'sync'), 'a');
  const line = Buffer.alloc(300, 'x');
  const times = Array.from({ length: 500 }, () => {
    const start = performance.now();
    writeSync(file, line);
    fdatasyncSync(file);
    return (performance.now() - start) * 1_000;
  });
  closeSync(file);
  return median(times);
}

const medianOf = (rounds: readonly Numbers[], name: string): number =>
  median(rounds.map((round) => round[name] ?? NaN));

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

function at({ ages }: Measured, quantile: number): number {
  return ages[Math.floor(ages.length * quantile)] ?? NaN;
}

const count = (value = NaN): string => Math.round(value).toLocaleString('en');
const ms = (micros = NaN): string => `${(micros / 1_000).toFixed(2)} ms`;
const ratio = (value = NaN, reference = NaN): string => (value / reference).toFixed(2);

function title(text: string): void {
  console.log(`\n${text}`);
}

function row(label: string, value: string, goal = ''): void {
  console.log(`  ${label.padEnd(32)} ${value}${goal && `   (to reach: ${goal})`}`);
}

main()
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  })
  .finally(() => {
    rmSync(folder, { recursive: true, force: true });
  });
