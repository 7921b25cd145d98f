import { readlinkSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

/** What `action` had put on disk, in order: files and folders (Linux). */
export async function syncedFiles(action: () => Promise<unknown>): Promise<string[]> {
  const handle = await open('/');
  const prototype = Object.getPrototypeOf(handle) as Pick<FileHandle, 'sync' | 'datasync'>;
  await handle.close();
  const synced: string[] = [];
  const { sync, datasync } = prototype;
  const recording = (original: () => Promise<void>) =>
    async function (this: FileHandle): Promise<void> {
      await original.call(this);
      synced.push(readlinkSync(`/proc/self/fd/${this.fd}`));
    };
  prototype.sync = recording(sync);
  prototype.datasync = recording(datasync);
  try {
    await action();
  } finally {
    Object.assign(prototype, { sync, datasync });
  }
  return synced;
}
