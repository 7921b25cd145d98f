import { deferred } from '../primitives/deferred.js';

/** Waits for a key, or for the terminal to close. */
export async function keyPress(input: NodeJS.ReadStream): Promise<void> {
  const pressed = deferred();
  const end = (): void => {
    pressed.resolve();
  };
  input.once('data', end).once('close', end).once('error', end);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end);
  // After the handlers: a terminal that is gone answers with an error.
  input.setRawMode(true);
  await pressed.promise;
  input.setRawMode(false);
  input.pause();
}
