import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { WebSocket } from 'ws';
import { Served } from '../rig/servedHub.js';
import { until } from '../rig/waiting.js';
import { Workspace } from '../rig/workspace.js';

const minutes = Number(process.env['STORYLOOP_SOAK_MINUTES'] ?? 1);
const CLIENTS = 20;
const EVENTS_PER_SECOND = 50;
/** How many medians the time after warm-up is judged by. */
const WINDOWS = 6;
/**
 * What the last median may be above the first, as the line through all of them has it. Before ten minutes the heap has not
 * found its size: in a minute only a leak of tens of megabytes shows.
 */
const MAX_GROWTH = minutes >= 10 ? 0.15 : 0.5;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const seqOf = (cursor: string): number => Number(cursor.split(':')[1]);

/** A client that comes, goes, and resumes where it was: over WebSocket or server-sent events, each time anew. */
class Churner {
  readonly faults: string[] = [];
  #cursor: string;

  constructor(
    private readonly served: Served,
    cursor: string,
  ) {
    this.#cursor = cursor;
  }

  get seq(): number {
    return seqOf(this.#cursor);
  }

  async visit(ms: number, overWebSocket: boolean): Promise<void> {
    await (overWebSocket ? this.#webSocket(ms) : this.#stream(ms));
  }

  #take(cursor: string | undefined): void {
    // Transient events have none.
    if (cursor === undefined) return;
    if (seqOf(cursor) !== this.seq + 1) this.faults.push(`${cursor} after ${this.#cursor}`);
    this.#cursor = cursor;
  }

  async #webSocket(ms: number): Promise<void> {
    const { frames, socket } = await this.served.connect();
    let seen = 0;
    const read = (): void => {
      for (const { op, s, event } of frames.slice(seen)) {
        if (op === 'reset') this.faults.push('reset');
        if (op === 'event' && s?.includes('s1')) this.#take(event?.cursor);
      }
      seen = frames.length;
    };
    socket.send(JSON.stringify({ op: 'subscribe', id: 1, since: this.#cursor }));
    await pause(ms);
    socket.terminate();
    if (socket.readyState !== WebSocket.CLOSED) await new Promise((resolve) => socket.once('close', resolve));
    read();
  }

  async #stream(ms: number): Promise<void> {
    const leaving = AbortSignal.timeout(ms);
    const headers = { authorization: `Bearer ${this.served.discovery.token}`, 'last-event-id': this.#cursor };
    let text = '';
    try {
      const response = await fetch(`${this.served.origin}/stream/progress`, { headers, signal: leaving });
      for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) text += chunk;
    } catch (error) {
      if (!leaving.aborted) throw error;
    }
    for (const frame of text.split('\n\n').slice(0, -1)) {
      if (frame.includes('event: reset')) this.faults.push('reset');
      // The greeting has an id and no data.
      if (frame.includes('data: ')) this.#take(/^id: (.*)$/m.exec(frame)?.[1]);
    }
  }
}

/** Resident bytes and open descriptors of a process (Linux). */
function usage(pid: number): { readonly rss: number; readonly descriptors: number } {
  const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024;
  return { rss, descriptors: readdirSync(`/proc/${pid}/fd`).length };
}

/** By which part the values grow from the first to the last, by the line through the medians of the second half. */
function growth(values: readonly number[]): number {
  const after = values.slice(values.length >> 1);
  const size = Math.floor(after.length / WINDOWS);
  const medians = Array.from({ length: WINDOWS }, (_, index) => {
    const window = after.slice(index * size, (index + 1) * size).sort((a, b) => a - b);
    return window[window.length >> 1] ?? NaN;
  });
  const mean = medians.reduce((a, b) => a + b) / WINDOWS;
  const middle = (WINDOWS - 1) / 2;
  const products = medians.reduce((sum, value, index) => sum + (index - middle) * (value - mean), 0);
  const squares = medians.reduce((sum, _, index) => sum + (index - middle) ** 2, 0);
  return ((products / squares) * (WINDOWS - 1)) / mean;
}

describe('A hub that serves for long', () => {
  it(`loses and doubles nothing for clients that come and go, and needs no more as time passes (${minutes} min)`, async function () {
    if (process.platform !== 'linux') this.skip();
    this.timeout(minutes * 60_000 + 120_000);
    await using workspace = await Workspace.withStories([]);
    await using served = await Served.start(workspace);
    const [first = ''] = await served.emit({ type: 'log.message', data: { level: 'info', message: 'first' } });
    const clients = Array.from({ length: CLIENTS }, () => new Churner(served, first));
    const end = performance.now() + minutes * 60_000;
    const samples: ReturnType<typeof usage>[] = [];
    let last = first;
    const publishing = (async () => {
      const start = performance.now();
      for (let told = 0; performance.now() < end;) {
        const due = Math.floor(((performance.now() - start) / 1_000) * EVENTS_PER_SECOND) - told;
        const message = { type: 'log.message', data: { level: 'info', message: 'x'.repeat(200) } };
        if (due > 0)
          last = (await served.emit(...Array.from({ length: Math.min(due, 500) }, () => message))).at(-1) ?? last;
        told += Math.max(0, Math.min(due, 500));
        await pause(20);
      }
    })();
    const measuring = (async () => {
      while (performance.now() < end) {
        samples.push(usage(served.command.pid));
        await pause(250);
      }
    })();
    const churning = clients.map(async (client, index) => {
      for (let visit = index; performance.now() < end; visit += 1) {
        await client.visit(200 + ((visit * 977) % 3_000), visit % 2 === 0);
      }
    });
    await Promise.all([publishing, measuring, ...churning]);
    for (const [index, client] of clients.entries()) {
      await until('the last event', async () => {
        if (client.seq < seqOf(last)) await client.visit(500, index % 2 === 0);
        return client.seq === seqOf(last);
      });
    }
    assert.deepEqual(
      clients.flatMap(({ faults }) => faults),
      [],
    );
    const { stderr } = served.command.output;
    assert.doesNotMatch(stderr, /unhandled|error|leak/i);
    const [memory, descriptors] = [
      growth(samples.map(({ rss }) => rss)),
      growth(samples.map((one) => one.descriptors)),
    ];
    const told = `memory ${(memory * 100).toFixed(1)} %, descriptors ${(descriptors * 100).toFixed(1)} %`;
    console.log(`      ${seqOf(last)} events; growth after warm-up: ${told}`);
    assert.ok(memory <= MAX_GROWTH, told);
    // Clients that come and go make them swing.
    assert.ok(descriptors <= 0.3, told);
  });
});
