import assert from 'node:assert/strict';
import { HubClient } from '../../src/client/hubClient.js';
import { parseCursor } from '../../src/events/cursor.js';
import { systemClock } from '../../src/primitives/clock.js';
import { silentLogger } from '../../src/primitives/logger.js';
import { readDiscovery } from '../../src/session/discovery.js';
import { UserPaths } from '../../src/session/paths.js';
import { hubOf } from './hubProcess.js';
import { until } from './waiting.js';

interface Told {
  readonly cursor: string;
  readonly type: string;
  readonly source: string;
  readonly source_seq: number;
}

/** Somebody who follows the hub from the beginning of its log, wherever it goes. */
export interface Follower extends AsyncDisposable {
  readonly told: readonly Told[];
}

export async function logIdOf(home: string): Promise<string> {
  const { port, token } = await hubOf(home);
  const response = await fetch(`http://127.0.0.1:${port}/api/stats`, { headers: { authorization: `Bearer ${token}` } });
  return parseCursor(((await response.json()) as { cursor: string }).cursor)?.logId ?? '';
}

/** By WebSocket, as our own client does it. */
export async function followBySocket(home: string): Promise<Follower> {
  const told: Told[] = [];
  const client = new HubClient({
    find: () => readDiscovery(new UserPaths(home)),
    clock: systemClock,
    logger: silentLogger,
  });
  const onEvent = (event: object): void => {
    if ('cursor' in event) told.push(event as Told);
  };
  client.subscribe({}, { onEvent, onSnapshot: () => assert.fail('reset') }, `${await logIdOf(home)}:0`);
  client.start();
  return { told, [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() };
}

/** By server-sent events, as a browser does it: again and again, with the last id. */
export async function followByStream(home: string): Promise<Follower> {
  const told: Told[] = [];
  const over = new AbortController();
  let last = `${await logIdOf(home)}:0`;
  const follow = async (): Promise<void> => {
    const hub = await until('a hub', async () => over.signal.aborted || readDiscovery(new UserPaths(home)));
    if (hub === true) return;
    const { port, token } = hub;
    const response = await fetch(`http://127.0.0.1:${port}/stream/progress`, {
      headers: { authorization: `Bearer ${token}`, 'last-event-id': last },
      signal: over.signal,
    });
    let rest = '';
    for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      const frames = (rest + chunk).split('\n\n');
      rest = frames.pop() ?? '';
      for (const frame of frames) {
        assert.doesNotMatch(frame, /^event: reset/m);
        last = /^id: (.*)$/m.exec(frame)?.[1] ?? last;
        const event = JSON.parse(/^data: (.*)$/m.exec(frame)?.[1] ?? '{}') as Told;
        if ('cursor' in event) told.push(event);
      }
    }
  };
  const following = (async () => {
    while (!over.signal.aborted) {
      await follow().catch((error: unknown) => {
        if (error instanceof assert.AssertionError) throw error;
      });
    }
  })();
  return {
    told,
    [Symbol.asyncDispose]: async () => {
      over.abort();
      await following;
    },
  };
}

/** It comes to have every event of the log up to its end, once and in order, and the run's own without a gap. */
export async function assertToldAll(home: string, follower: Follower, runId: string): Promise<void> {
  const { port, token } = await hubOf(home);
  const response = await fetch(`http://127.0.0.1:${port}/api/stats`, { headers: { authorization: `Bearer ${token}` } });
  const { cursor } = (await response.json()) as { cursor: string };
  const { logId, seq } = parseCursor(cursor) ?? assert.fail(cursor);
  await until(`${seq} events, there are ${follower.told.length}`, () => follower.told.length >= seq);
  assert.deepEqual(
    follower.told.map((event) => event.cursor),
    Array.from({ length: seq }, (_, index) => `${logId}:${index + 1}`),
  );
  const own = follower.told.filter(({ source }) => source === runId).map((event) => event.source_seq);
  assert.ok(own.length > 0);
  assert.deepEqual(
    own,
    own.map((_, index) => index + 1),
  );
}
