import { mkdir, readdir, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { failpoint } from '../primitives/failpoint.js';
import { isTemporaryOf, syncFolder, temporaryName, writeNew } from '../records/durability.js';

/**
 * Writes a file so that readers see the old or the new content, never a part: temp file beside it, fsync, rename, fsync
 * of the folder. Parent folders are made, 0700. A symlink at `path` is replaced, not followed.
 */
export async function writeAtomically(file: string, content: string | Buffer, mode = 0o600): Promise<void> {
  // Not write-file-atomic: it follows symlinks, keeps the old file's owner, and does not fsync the folder.
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const temporary = temporaryName(file);
  try {
    await writeNew(temporary, content, mode);
    failpoint('session.file-unrenamed');
    await rename(temporary, file);
    failpoint('session.file-renamed');
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
  await syncFolder(path.dirname(file));
}

/** Removes what writers of `file` left beside it when they were killed. Only for its one writer: nobody else's is spared. */
export async function removeLeftovers(file: string): Promise<void> {
  const folder = path.dirname(file);
  for (const name of await readdir(folder).catch(() => [])) {
    if (isTemporaryOf(file, name)) await unlink(path.join(folder, name)).catch(() => {});
  }
}
