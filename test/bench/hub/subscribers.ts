// Many subscribers in one process. They count, and look at each event's number; a few measure how old it is.
import { RawClient, type Address } from './rawClient.js';
import { digits, nowMicros, numberAt, numberDigits, timeAt, timeDigits } from './stamp.js';

export interface SubscribersOrder {
  readonly subscribe: Address & { readonly count: number; readonly timed: number };
}

export interface Received {
  /** Of the subscriber that has the least. */
  readonly least: number;
  /** Lost, doubled or out of order. */
  readonly wrong: number;
  readonly ages: readonly number[];
}

const slabBytes = 64 * 1024;
const maxAges = 200_000;

let clients: RawClient[] = [];
let last: Float64Array = new Float64Array(0);
let wrong = 0;
let ages: number[] = [];
let least = -1;

process.on('message', (order: SubscribersOrder | 'collect' | 'leave') => {
  if (order === 'collect') process.send?.({ received: { least: leastOf(), wrong, ages } satisfies Received });
  else if (order === 'leave') leave();
  else void open(order.subscribe);
});
setInterval(() => {
  const now = leastOf();
  if (now !== least) process.send?.({ progress: (least = now) });
}, 2);

async function open({ count, timed, ...address }: SubscribersOrder['subscribe']): Promise<void> {
  last = new Float64Array(count);
  [wrong, ages, least] = [0, [], -1];
  for (let index = 0; index < count; index += 50) {
    const group = Array.from({ length: Math.min(50, count - index) }, (_, offset) =>
      connect(address, index + offset, timed),
    );
    clients.push(...(await Promise.all(group)));
  }
  process.send?.({ subscribed: count });
}

function connect(address: Address, index: number, timed: number): Promise<RawClient> {
  let at = 100;
  return RawClient.open(address, slabBytes, (bytes, start, end) => {
    // Only `"op":"event"`: the greeting has events of before.
    if (bytes[start + 7] !== 0x65 || bytes[start + 8] !== 0x76) return;
    // The stamp is at the same place in every event of a run.
    if (!isStamp(bytes, start + at)) {
      at = bytes.subarray(start, end).indexOf('t=0');
      if (at < 0 || !isStamp(bytes, start + at)) return;
    }
    const n = digits(bytes, start + at + numberAt, numberDigits);
    if (n !== (last[index] ?? 0) + 1) wrong += 1;
    last[index] = n;
    if (index < timed && ages.length < maxAges) {
      ages.push(nowMicros() - digits(bytes, start + at + timeAt, timeDigits));
    }
  });
}

function isStamp(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0x74 && bytes[at + 1] === 0x3d && bytes[at + 19] === 0x6e && bytes[at + 20] === 0x3d;
}

function leastOf(): number {
  return last.length === 0 ? 0 : last.reduce((a, b) => Math.min(a, b));
}

function leave(): void {
  for (const { socket } of clients) socket.destroy();
  clients = [];
  last = new Float64Array(0);
  process.send?.({ left: true });
}
