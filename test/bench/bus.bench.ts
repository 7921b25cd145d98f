// The bus beside mitt alone: the same event to the same handlers, in turn, in one process.
import mitt from 'mitt';
import type { BusEvent } from '../../src/bus/busEvent.js';
import { EventBus } from '../../src/bus/eventBus.js';
import { silentLogger } from '../../src/primitives/logger.js';

const REPEATS = 7;
const CALLS = 6_000_000;
const TYPE = 'story.started';
const PATTERNS = ['story.*', '*', TYPE, '*.started'];

const event: BusEvent = {
  id: 'e_1',
  type: TYPE,
  timestamp: '2026-01-01T00:00:00.000Z',
  source: 'run_1',
  term: 1,
  source_seq: 1,
  data: { story_id: 'US-1' },
};

type Handler = (event: BusEvent) => void;

let told = 0;
/** Functions of their own, as in a program, so that none is compiled for all of them. */
function handlers(count: number): Handler[] {
  const add = (by: number): void => {
    told += by;
  };
  return Array.from({ length: count }, (_, index) => {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call
    return new Function('add', `return (event) => { add(event.source_seq + ${index}); }`)(add) as Handler;
  });
}

function mittEmit(count: number): Handler {
  const emitter = mitt<Record<string, BusEvent>>();
  for (const handler of handlers(count)) emitter.on(TYPE, handler);
  return (told) => {
    emitter.emit(TYPE, told);
  };
}

function busEmit(count: number): Handler {
  const bus = new EventBus(silentLogger);
  for (const [index, handler] of handlers(count).entries()) {
    bus.subscribe(PATTERNS[index % PATTERNS.length] ?? '*', handler, { priority: index % 3 });
  }
  return (told) => {
    bus.emit(told, 200);
  };
}

/** Nanoseconds for one event. */
function measure(emit: Handler, rounds: number): number {
  const start = performance.now();
  for (let round = 0; round < rounds; round += 1) emit(event);
  return ((performance.now() - start) * 1e6) / rounds;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

console.log(`Bus and mitt, nanoseconds for each event and handler (median of ${REPEATS})`);
for (const count of [1, 10, 100]) {
  const rounds = CALLS / count / 4;
  const emits = { mitt: mittEmit(count), bus: busEmit(count) };
  const times = { mitt: [] as number[], bus: [] as number[] };
  for (let repeat = 0; repeat <= REPEATS; repeat += 1) {
    for (const name of ['mitt', 'bus'] as const) {
      const time = measure(emits[name], rounds) / count;
      if (repeat > 0) times[name].push(time);
    }
  }
  const reference = median(times.mitt);
  const ours = median(times.bus);
  const goal = count === 10 ? '   (goal: at most 2)' : '';
  console.log(
    `  ${String(count).padStart(3)} handlers   mitt, exact type ${reference.toFixed(1).padStart(6)}   bus, patterns ${ours
      .toFixed(1)
      .padStart(6)}   ratio ${(ours / reference).toFixed(2)}${goal}`,
  );
}
if (told === 0) throw new Error('Nobody was told');
