import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { HubInProcess } from './faultyHub.js';
import { until } from './waiting.js';

const publishEveryMs = 5;
const segmentBytes = 256 * 1024;

export interface KillsReport {
  readonly kills: number;
  /** Hubs that were killed before they could say that they were there. */
  readonly early: number;
  readonly acknowledged: number;
  /** Events that the hub to which they were sent, or which was there when they came, did not acknowledge. */
  readonly late: number;
  readonly stored: number;
}

/** Publishes 200 events a second, and each of them again until a hub acknowledges it. */
class SteadyPublisher {
  readonly acknowledged = new Map<string, string>();
  readonly #waiting = new Set<string>();
  readonly #timer = setInterval(() => {
    this.#create();
  }, publishEveryMs);
  #hub: HubInProcess | undefined;
  #count = 0;
  late = 0;

  get waiting(): number {
    return this.#waiting.size;
  }

  /** From now on events go there; those that nobody acknowledged at once, together. */
  publishTo(hub: HubInProcess): void {
    this.#hub = hub;
    this.late += this.#waiting.size;
    const ids = [...this.#waiting];
    while (ids.length > 0) void this.#send(ids.splice(0, 500), hub);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #create(): void {
    const id = `kill-${++this.#count}`;
    this.#waiting.add(id);
    if (this.#hub) void this.#send([id], this.#hub);
  }

  async #send(ids: readonly string[], hub: HubInProcess): Promise<void> {
    const events = ids.map((id) => {
      return { id, type: 'log.message', data: { level: 'info', message: id.padEnd(200, 'x') } };
    });
    const answer = await hub.ask('POST', '/emit', events);
    if (!answer) return;
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    const { cursors } = answer.body as { cursors: string[] };
    for (const [index, id] of ids.entries()) {
      const cursor = cursors[index] ?? '';
      assert.equal(this.acknowledged.get(id) ?? cursor, cursor, `${id} has one place`);
      this.acknowledged.set(id, cursor);
      this.#waiting.delete(id);
    }
  }
}

/**
 * Kills one hub after the other at any moment, also while it starts, under a publisher that does not stop. Asserts that the
 * log has every acknowledged event once, where it was said to be, and has no gap. `random` answers 0 to 1.
 */
export async function killHubs(
  home: string,
  folder: string,
  kills: number,
  random: () => number,
): Promise<KillsReport> {
  const place = { home, folder };
  const publisher = new SteadyPublisher();
  let early = 0;
  try {
    for (let kill = 1; kill <= kills; kill += 1) {
      // One in five is killed at any moment of its start.
      if (random() < 0.2) {
        await using hub = await HubInProcess.start(place, '', segmentBytes, random() * 400);
        if (!hub) early += 1;
        await hub?.exit();
      } else {
        await using hub = await HubInProcess.start(place, '', segmentBytes);
        assert.ok(hub);
        const before = publisher.acknowledged.size;
        publisher.publishTo(hub);
        await until('an acknowledgement', () => publisher.acknowledged.size > before);
        await pause(random() * 300);
      }
    }
    publisher.stop();
    await using last = await HubInProcess.start(place, '', segmentBytes);
    assert.ok(last);
    publisher.publishTo(last);
    await until('every event to be acknowledged', () => publisher.waiting === 0);
    const stored = new Map<string, string>();
    const pages = { cursor: '', more: true };
    while (pages.more) {
      const { events, cursor, more } = await last.page(pages.cursor);
      for (const event of events) {
        assert.equal(event.cursor, `${last.logId}:${stored.size + 1}`, 'one log without gaps');
        assert.ok(!stored.has(event.id), `${event.id} is there once`);
        stored.set(event.id, event.cursor);
      }
      Object.assign(pages, { cursor, more });
    }
    for (const [id, cursor] of publisher.acknowledged)
      assert.equal(stored.get(id), cursor, `${id} is where it was said`);
    const { late } = publisher;
    return { kills, early, acknowledged: publisher.acknowledged.size, late, stored: stored.size };
  } finally {
    publisher.stop();
  }
}
