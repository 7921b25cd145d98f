import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** A client that lets more than this pile up is cut; it can resume. Bytes. */
export const maxBuffered = 8 * 1024 * 1024;

/** Resolves when `stream` can take more, or has ended. */
export async function drained(stream: Writable): Promise<void> {
  if (!stream.writableNeedDrain || stream.destroyed) return;
  const settled = new AbortController();
  const { signal } = settled;
  const quietly = (): void => {};
  await Promise.race([once(stream, 'drain', { signal }), once(stream, 'close', { signal })]).catch(quietly);
  settled.abort();
}
