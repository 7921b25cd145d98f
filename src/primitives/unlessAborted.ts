import { deferred } from './deferred.js';

/** What `promise` resolves with; undefined as soon as the signal is aborted, or was before. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const aborted = deferred<undefined>();
  const tell = (): void => {
    aborted.resolve(undefined);
  };
  signal.addEventListener('abort', tell);
  if (signal.aborted) tell();
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', tell);
  }
}
