import fs, { readlinkSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

/** What `action` had put on disk, in order: files and folders (Linux). */
export async function syncedFiles(action: () => Promise<unknown>): Promise<string[]> {
  const handle = await open('/');
  const prototype = Object.getPrototypeOf(handle) as Pick<FileHandle, 'sync' | 'datasync'>;
  await handle.close();
  const synced: string[] = [];
  const { sync, datasync } = prototype;
  const record = (descriptor: number): void => {
    synced.push(readlinkSync(`/proc/self/fd/${descriptor}`));
  };
  const recording = (original: () => Promise<void>) =>
    async function (this: FileHandle): Promise<void> {
      await original.call(this);
      record(this.fd);
    };
  const { fdatasync } = fs;
  const recorded: typeof fdatasync = Object.assign(
    (descriptor: number, done: fs.NoParamCallback) => {
      fdatasync(descriptor, (error) => {
        if (!error) record(descriptor);
        done(error);
      });
    },
    { __promisify__: fdatasync.__promisify__ },
  );
  fs.fdatasync = recorded;
  prototype.sync = recording(sync);
  prototype.datasync = recording(datasync);
  try {
    await action();
  } finally {
    Object.assign(prototype, { sync, datasync });
    fs.fdatasync = fdatasync;
  }
  return synced;
}
