import { access } from 'node:fs/promises';

const DEADLINE_MS = 30_000;

/** Waits until `condition` answers something, asking again at each turn of a short timer; names what it waited for. */
export async function until<T>(
  what: string,
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`Waited ${deadlineMs} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Waits for a file to appear. */
export async function fileAppears(file: string): Promise<void> {
  await until(`the file ${file}`, () =>
    access(file).then(
      () => true,
      () => false,
    ),
  );
}
