// One publisher, or some. It does not run further ahead of the subscribers than they and the server have room for.
import { RawClient, type Address } from './rawClient.js';
import { nowMicros, stamp } from './stamp.js';

export interface PublisherOrder {
  readonly publish: Address & {
    /** What the server takes: bare events, or requests of the hub with durable or transient events. */
    readonly as: 'raw' | 'durable' | 'transient';
    /** Events a second, or as many as the server takes; or one after another's acknowledgement, by so many publishers. */
    readonly pace: { readonly rate: number } | 'saturate' | { readonly publishers: number; readonly window: number };
    readonly seconds: number;
  };
}

const filler = 'x'.repeat(72);
const rawFiller = 'x'.repeat(126);
/** Events that are on their way at most, and that one request of the hub holds. */
const ahead = 12_288;
const perRequest = 64;

let received = 0;
process.on('message', (message: PublisherOrder | { readonly progress: number }) => {
  if ('progress' in message) received = message.progress;
  else void publish(message.publish);
});

async function publish({ as, pace, seconds, ...address }: PublisherOrder['publish']): Promise<void> {
  received = 0;
  if (pace === 'saturate') await saturate(await silent(address, as), as, seconds);
  else if ('rate' in pace) await steadily(await silent(address, as), as, pace.rate, seconds);
  else await acknowledged(address, pace.publishers, pace.window, seconds);
}

/** A connection that is told of no events. */
async function silent(address: Address, as: string, onFrame = (): void => {}): Promise<RawClient> {
  const client = await RawClient.open(address, 64 * 1024, onFrame);
  if (as !== 'raw') client.send(['{"op":"subscribe","types":["nothing.here"]}']);
  return client;
}

function eventOf(as: 'raw' | 'durable' | 'transient', n: number): string {
  const text = stamp(n);
  if (as === 'durable') return `{"type":"log.message","data":{"level":"info","message":"${text} ${filler}"}}`;
  if (as === 'transient') {
    return `{"type":"command.progress","data":{"story_key":"US-1","command":"agent","task_id":"a","message":"${text} ${filler}"}}`;
  }
  const head = '"type":"log.message","data":{"level":"info","message":';
  return `{"op":"event","s":["s0"],"event":{${head}"${text} ${rawFiller}"},"id":"e_00000000000000000000","source":"bench","term":0,"cursor":"00000000:${n}"}}`;
}

function send(client: RawClient, as: 'raw' | 'durable' | 'transient', from: number, to: number): void {
  const events = Array.from({ length: to - from }, (_, index) => eventOf(as, from + index));
  client.send(as === 'raw' ? events : [`{"op":"publish","events":[${events.join(',')}]}`]);
}

async function saturate(client: RawClient, as: 'raw' | 'durable' | 'transient', seconds: number): Promise<void> {
  const start = nowMicros();
  let next = 1;
  while (nowMicros() < start + seconds * 1e6) {
    while (next + perRequest - received <= ahead && !client.socket.writableNeedDrain) {
      send(client, as, next, next + perRequest);
      next += perRequest;
    }
    await new Promise(setImmediate);
  }
  await finished(next - 1);
  process.send?.({ published: { count: next - 1, ms: (nowMicros() - start) / 1_000, ages: [] } });
  client.socket.destroy();
}

async function steadily(
  client: RawClient,
  as: 'raw' | 'durable' | 'transient',
  rate: number,
  seconds: number,
): Promise<void> {
  const start = nowMicros();
  let next = 1;
  while (next <= rate * seconds) {
    for (const due = ((nowMicros() - start) * rate) / 1e6; next <= due && next <= rate * seconds; next += 1) {
      send(client, as, next, next + 1);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await finished(next - 1);
  process.send?.({ published: { count: next - 1, ms: (nowMicros() - start) / 1_000, ages: [] } });
  client.socket.destroy();
}

/** Until every subscriber has them, or seems to get no more. */
async function finished(count: number): Promise<void> {
  for (let before = -1, still = 0; received < count && still < 3_000; still += 1) {
    if (received !== before) still = 0;
    before = received;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Each publisher sends one event a request, and has `window` of them unanswered. */
async function acknowledged(address: Address, publishers: number, window: number, seconds: number): Promise<void> {
  const ages: number[] = [];
  let count = 0;
  const end = nowMicros() + seconds * 1e6;
  const start = nowMicros();
  const running = Array.from({ length: publishers }, async () => {
    let unanswered = 0;
    let sent: number[] = [];
    let resolve = (): void => {};
    const done = new Promise<void>((settle) => (resolve = settle));
    const fill = (): void => {
      const from = sent.length;
      const messages: string[] = [];
      for (; unanswered < window && nowMicros() < end; unanswered += 1) {
        messages.push(`{"op":"publish","id":1,"events":[${eventOf('durable', 1)}]}`);
        sent.push(nowMicros());
      }
      if (sent.length > from) client.send(messages);
      else if (unanswered === 0) resolve();
    };
    const client = await RawClient.open(address, 64 * 1024, (bytes, frame) => {
      // `{"op":"ok"`, in the order of the requests
      if (bytes[frame + 7] !== 0x6f || bytes[frame + 8] !== 0x6b || unanswered === 0) return;
      const asked = sent.shift() ?? 0;
      ages.push(nowMicros() - asked);
      unanswered -= 1;
      count += 1;
      if (unanswered <= window / 2) fill();
    });
    client.send(['{"op":"subscribe","types":["nothing.here"]}']);
    await new Promise((go) => setTimeout(go, 50));
    fill();
    await done;
    sent = [];
    client.socket.destroy();
  });
  await Promise.all(running);
  const ms = (nowMicros() - start) / 1_000;
  process.send?.({ published: { count, ms, ages: ages.slice(0, 200_000) } });
}
