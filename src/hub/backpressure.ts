import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { Clock } from '../primitives/clock.js';

/** A client that lets more than this pile up is cut; it can resume. Bytes. */
export const maxBuffered = 8 * 1024 * 1024;

const stallMs = 1_000;
const maxLooks = 4;

const held = new Set<Writable>();

/** What is written to `stream` from now on leaves when this turn of the event loop ends, with one system call. */
export function holdForTurn(stream: Writable): void {
  if (held.has(stream)) return;
  if (held.size === 0) setImmediate(release);
  held.add(stream);
  stream.cork();
}

function release(): void {
  const streams = [...held];
  held.clear();
  for (const stream of streams) stream.uncork();
}

/** Resolves when `stream` can take more, or has ended. */
export async function drained(stream: Writable): Promise<void> {
  if (!stream.writableNeedDrain || stream.destroyed) return;
  const settled = new AbortController();
  const { signal } = settled;
  const quietly = (): void => {};
  await Promise.race([once(stream, 'drain', { signal }), once(stream, 'close', { signal })]).catch(quietly);
  settled.abort();
}

/**
 * Calls `end` when nothing of what waits in `stream` was taken for a second, or after {@link maxLooks} seconds: a client
 * that is said goodbye to still gets what was accepted for it, but nobody waits long. Disposing calls it off.
 */
export function endWhenStalled(stream: Writable, clock: Clock, end: () => void): Disposable {
  let timer: Disposable;
  const look = (looks: number, before: number): void => {
    timer = clock.after(stallMs, () => {
      const waiting = stream.writableLength;
      if (waiting < before && looks < maxLooks) look(looks + 1, waiting);
      else end();
    });
  };
  look(1, stream.writableLength);
  return {
    [Symbol.dispose]: () => {
      timer[Symbol.dispose]();
    },
  };
}
