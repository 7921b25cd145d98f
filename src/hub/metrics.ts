import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Durations } from './durations.js';
import type { Statistics } from './statistics.js';

type Sample = readonly [labels: Record<string, string>, value: number];
type Read = (statistics: Statistics) => number | readonly Sample[];

/** Seconds: a gate takes parts of a second, an attempt up to an hour. */
const buckets = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 1_800, 3_600];

/** The hub's figures as Prometheus reads them. Loaded when first asked for: neither activation nor a hub's start pays for it. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #attempts: Histogram;
  readonly #gates: Histogram;
  #statistics: Statistics | undefined;

  constructor(private readonly durations: Durations) {
    for (const [name, help, read, label] of counts) this.#count(name, help, read, label);
    for (const [name, help, read, label] of levels) this.#level(name, help, read, label);
    const histogram = (name: string, help: string, labelNames: string[]): Histogram =>
      new Histogram({ name, help, labelNames, buckets, registers: [this.#registry] });
    this.#attempts = histogram('storyloop_attempt_duration_seconds', 'How long agents worked on an attempt.', [
      'status',
    ]);
    this.#gates = histogram('storyloop_gate_duration_seconds', 'How long gates ran.', ['gate', 'status']);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(statistics: Statistics): Promise<string> {
    this.#statistics = statistics;
    for (const duration of this.durations.take()) {
      const { status, seconds } = duration;
      if (duration.kind === 'attempt') this.#attempts.observe({ status }, seconds);
      else this.#gates.observe({ gate: duration.gate, status }, seconds);
    }
    return this.#registry.metrics();
  }

  #count(name: string, help: string, read: Read, label: string[] = []): void {
    const samples = (): readonly Sample[] => this.#samples(read);
    const registers = [this.#registry];
    new Counter({
      ...{ name, help, labelNames: label, registers },
      collect() {
        this.reset();
        for (const [labels, value] of samples()) this.inc(labels, value);
      },
    });
  }

  #level(name: string, help: string, read: Read, label: string[] = []): void {
    const samples = (): readonly Sample[] => this.#samples(read);
    const registers = [this.#registry];
    new Gauge({
      ...{ name, help, labelNames: label, registers },
      collect() {
        this.reset();
        for (const [labels, value] of samples()) this.set(labels, value);
      },
    });
  }

  #samples(read: Read): readonly Sample[] {
    if (!this.#statistics) return [];
    const found = read(this.#statistics);
    return typeof found === 'number' ? [[{}, found]] : found;
  }
}

type Row = readonly [name: string, help: string, read: Read, labels?: string[]];

const by = (label: string, counts: Readonly<Record<string, number>>): readonly Sample[] =>
  Object.entries(counts).map(([name, value]) => [{ [label]: name }, value]);

const counts: readonly Row[] = [
  ['storyloop_events_stored_total', 'Events that the log took in.', ({ events }) => events.stored],
  ['storyloop_events_published_total', 'Events told, by type.', (all) => by('type', all.by_type), ['type']],
  ['storyloop_messages_delivered_total', 'Messages with events, handed to clients.', ({ events }) => events.delivered],
  ['storyloop_refused_total', 'Requests that the gate refused, by code.', (all) => by('code', all.refused), ['code']],
  ['storyloop_clients_cut_total', 'Clients that were cut, by reason.', (all) => by('reason', all.cut), ['reason']],
  ['storyloop_faults_total', 'Bugs that were kept from doing harm.', ({ faults }) => faults],
  ['storyloop_handler_failures_total', 'Handlers on the bus that failed.', (all) => all.handler_failures],
  ['storyloop_log_lines_dropped_total', 'Lines of the structured log that were lost.', (all) => all.log_lines_dropped],
  ['process_cpu_seconds_total', 'Processor time of the process.', ({ cpu }) => cpu.seconds],
];

const levels: readonly Row[] = [
  [
    'storyloop_connections',
    'Clients that are connected, by transport.',
    ({ websockets, streams, socket_io }) => by('transport', { websocket: websockets, sse: streams, socket_io }),
    ['transport'],
  ],
  ['storyloop_queue_clients', 'Clients for whom something waits.', ({ queues }) => queues.clients],
  ['storyloop_queue_bytes', 'What waits for clients.', ({ queues }) => queues.bytes],
  ['storyloop_queue_largest_bytes', 'What waits for the slowest client.', ({ queues }) => queues.largest_bytes],
  ['storyloop_ingest_waiting', 'Events that wait for the log.', ({ events }) => events.waiting],
  ['storyloop_log_segments', 'Files of the log.', ({ log }) => log.segments],
  ['storyloop_log_bytes', 'Bytes of the log.', ({ log }) => log.bytes],
  ['storyloop_log_last_seq', 'Number of the last event of the log.', ({ log }) => log.last_seq],
  ['storyloop_uptime_seconds', 'Since the start of the hub.', (all) => all.uptime_s],
  ['storyloop_event_loop_lag_seconds', 'How late timers come.', (all) => all.event_loop.lag_ms / 1_000],
  ['storyloop_event_loop_lag_max_seconds', 'At worst, within a minute.', (all) => all.event_loop.max_lag_ms / 1_000],
  ['process_resident_memory_bytes', 'Memory of the process.', ({ memory }) => memory.rss],
  ['process_heap_used_bytes', 'JavaScript heap in use.', ({ memory }) => memory.heap_used],
  ['process_heap_limit_bytes', 'JavaScript heap at most.', ({ memory }) => memory.heap_limit],
];
