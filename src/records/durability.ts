import { closeSync, fdatasync, openSync } from 'node:fs';
import { link, open, unlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { errorCode } from '../primitives/errorCode.js';

/** Whether something could not be written because there is no room. */
export function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(errorCode(error) ?? '');
}

/** Whether something could not be written because nobody may write there. */
export function isForbidden(error: unknown): boolean {
  return ['EROFS', 'EACCES', 'EPERM'].includes(errorCode(error) ?? '');
}

/** Makes names that were created, renamed or removed in a folder survive a power loss. Windows has no such call. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Puts on disk what anybody wrote to a file: its writer may have died before it could. */
export async function syncFile(file: string): Promise<void> {
  const descriptor = openSync(file, 'r+');
  try {
    await promisify(fdatasync)(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** A name beside `file` for its content until it is whole; nobody can know it, and no reader takes it for a file of ours. */
export function temporaryName(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.${crypto.randomUUID()}`);
}

/** Whether `name` is a {@link temporaryName} of `file`: what its writer left when it was killed. */
export function isTemporaryOf(file: string, name: string): boolean {
  const prefix = `.${path.basename(file)}.`;
  return name.startsWith(prefix) && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name.slice(prefix.length));
}

/** Creates a file with this content on disk; it must not exist. */
export async function writeNew(file: string, content: string | Buffer, mode = 0o600): Promise<void> {
  const handle = await open(file, 'wx', mode);
  try {
    await handle.chmod(mode); // whatever the umask says
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Creates a file that is complete and durable as soon as its name exists. False when the name is taken: of any number
 * of callers, in any number of processes, one gets true.
 */
export async function createOnce(file: string, content: string): Promise<boolean> {
  const temporary = temporaryName(file);
  try {
    await writeNew(temporary, content);
    await link(temporary, file).catch(async (error: unknown) => {
      // A file system without hard links (FAT, some network ones): exclusive all the same, though a reader may come too early.
      if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(errorCode(error) ?? '')) throw error;
      await writeNew(file, content);
    });
    await syncFolder(path.dirname(file));
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(temporary).catch(() => {});
  }
}
