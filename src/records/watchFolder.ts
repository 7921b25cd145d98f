import { watch, type FSWatcher } from 'node:fs';

/**
 * Calls `onChange` soon after anything in a folder changed, and every `pollMs` besides: watching is quick but misses
 * things (network file systems, a folder that does not exist yet), the poll is the net.
 */
export function watchFolder(folder: string, onChange: () => void, pollMs = 1000): Disposable {
  let watcher: FSWatcher | undefined;
  const arm = (): void => {
    try {
      watcher ??= watch(folder, onChange).on('error', disarm);
    } catch {
      // Not there, or no more watches to be had: the poll tries again.
    }
  };
  const disarm = (): void => {
    watcher?.close();
    watcher = undefined;
  };
  arm();
  const timer = setInterval(() => {
    arm();
    onChange();
  }, pollMs);
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
      disarm();
    },
  };
}
