import { readFileSync } from 'node:fs';
import path from 'node:path';
import { BenchProcess } from './benchProcess.js';
import type { JournalOrder } from './journal.js';
import type { PublisherOrder } from './publisher.js';
import type { Received, SubscribersOrder } from './subscribers.js';

/** A server under load, and how to speak to it. */
export interface Target {
  readonly name: string;
  readonly process: BenchProcess;
  readonly port: number;
  readonly token: string;
  readonly as: PublisherOrder['publish']['as'];
}

export interface Measured {
  readonly deliveriesPerSecond: number;
  /** Age of events on arrival, microseconds, sorted. */
  readonly ages: readonly number[];
  readonly cpuMicrosPerDelivery: number;
  readonly acksPerSecond: number;
}

type Pace = PublisherOrder['publish']['pace'];
interface Published {
  readonly count: number;
  readonly ms: number;
  readonly ages: readonly number[];
}

const probe = ['--expose-gc', '--require', BenchProcess.program('probe')];

/** Those who publish and subscribe. Events that were lost, doubled or out of order end the benchmark. */
export class Load implements AsyncDisposable {
  readonly #publisher = new BenchProcess(1, [BenchProcess.program('publisher')]);
  readonly #subscribers = new BenchProcess(1, [BenchProcess.program('subscribers')]);

  constructor() {
    this.#subscribers.onSaid = (said) => {
      if ('progress' in said) this.#publisher.tell({ progress: said['progress'] });
    };
  }

  async run(target: Target, subscribers: number, pace: Pace, seconds: number): Promise<Measured> {
    const { port, token, as } = target;
    const publish = { port, token, as, path: as === 'raw' ? '/publish' : '/ws?publisher=bench', pace, seconds };
    return this.#measure(target, subscribers, () => this.#publisher.ask<Published>({ publish }, 'published'));
  }

  /** As `run`, from a coordinator's journal. */
  async follow(target: Target, coordinator: BenchProcess, rate: number, seconds: number): Promise<Measured> {
    const append: JournalOrder['append'] = { rate, seconds };
    return this.#measure(target, 1, () => coordinator.ask<Published>({ append }, 'published'));
  }

  async acknowledgements(target: Target, publishers: number, window: number, seconds: number): Promise<Measured> {
    return this.run(target, 0, { publishers, window }, seconds);
  }

  /** Clients that stay, and wait for nothing. */
  async idle(target: Target, count: number): Promise<void> {
    await this.#subscribe(target, count);
  }

  async leave(): Promise<void> {
    await this.#subscribers.ask('leave', 'left');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#publisher[Symbol.asyncDispose](), this.#subscribers[Symbol.asyncDispose]()]);
  }

  async #subscribe({ port, token }: Target, count: number): Promise<void> {
    const subscribe: SubscribersOrder['subscribe'] = { port, token, path: '/ws', count, timed: Math.min(count, 20) };
    await this.#subscribers.ask({ subscribe }, 'subscribed');
  }

  async #measure(target: Target, subscribers: number, publish: () => Promise<Published>): Promise<Measured> {
    await this.#subscribe(target, subscribers);
    const before = await target.process.usage();
    const { count, ms, ages } = await publish();
    let received = await this.#subscribers.ask<Received>('collect', 'received');
    // Whoever publishes without asking how far they are is done first.
    for (let looks = 0; subscribers > 0 && received.least < count && looks < 200; looks += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      received = await this.#subscribers.ask<Received>('collect', 'received');
    }
    const after = await target.process.usage();
    await this.leave();
    if (subscribers > 0 && (received.wrong > 0 || received.least !== count)) {
      throw new Error(`${target.name}: ${received.wrong} wrong, ${count - received.least} of ${count} missing`);
    }
    const deliveries = count * subscribers;
    return {
      deliveriesPerSecond: (deliveries / ms) * 1_000,
      ages: (subscribers > 0 ? received.ages : ages).toSorted((a, b) => a - b),
      cpuMicrosPerDelivery: ((after.cpuMs - before.cpuMs) * 1_000) / deliveries,
      acksPerSecond: (count / ms) * 1_000,
    };
  }
}

export async function startRaw(mode: 'once' | 'tick'): Promise<Target> {
  const process = new BenchProcess(0, [...probe, BenchProcess.program('rawServer'), mode]);
  return { name: `raw-ws ${mode}`, process, port: await process.says<number>('port'), token: '', as: 'raw' };
}

/** A node process that does nothing. */
export function startBare(): BenchProcess {
  return new BenchProcess(0, [...probe, '-e', 'setInterval(() => {}, 1e6)']);
}

/** The hub that ships, in a user's state of its own. */
export async function startHub(root: string, home: string): Promise<Target> {
  const program = path.join(root, 'dist', 'cli.js');
  const serve = ['serve', '--port', '0', '--max-connections', '5000'];
  const process = new BenchProcess(0, [...probe, program, ...serve], { STORYLOOP_HOME: home });
  for (let looks = 0; looks < 500; looks += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const found = discovery(path.join(home, 'hub', 'hub.json'));
    if (found) return { name: 'hub', process, ...found, as: 'durable' };
  }
  throw new Error('The hub did not start');
}

function discovery(file: string): { port: number; token: string } | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { port: number; token: string };
  } catch {
    return undefined;
  }
}
