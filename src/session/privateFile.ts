import { constants, type Stats } from 'node:fs';
import { chmod, lstat, mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../primitives/errorCode.js';

const readFlags = constants.O_RDONLY | (process.platform === 'win32' ? 0 : constants.O_NOFOLLOW | constants.O_NONBLOCK);

/** What stands in the user's state but is not safe to use, because somebody else could have made or read it. */
export class UnsafeFile extends Error {}

/**
 * Makes `folder` and everything between `root` and it, 0700, and refuses a symlink among them: a repository or another
 * user could have put it there. What is above `root` may be anything.
 */
export async function makeOwnFolder(root: string, folder: string): Promise<void> {
  await mkdir(path.dirname(root), { recursive: true, mode: 0o700 });
  const names = path.relative(root, folder).split(path.sep).filter(Boolean);
  for (let depth = 0; depth <= names.length; depth += 1) {
    const step = path.join(root, ...names.slice(0, depth));
    await mkdir(step, { mode: 0o700 }).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
    if (!(await lstat(step)).isDirectory())
      throw new UnsafeFile(`${step} is not a folder; a link there is not followed`);
  }
}

/** As {@link makeOwnFolder}, for a folder with secrets: the user's own, closed to everybody else. */
export async function makePrivateFolder(root: string, folder: string): Promise<void> {
  await makeOwnFolder(root, folder);
  const stats = await lstat(folder);
  if (!ownedByUser(stats)) throw new UnsafeFile(`${folder} belongs to somebody else`);
  if (openToOthers(stats)) await chmod(folder, 0o700);
}

/**
 * Content of a file in a private folder. Undefined when there is none.
 * Throws {@link UnsafeFile} when file or folder are not the user's own, open to others, or no regular file and folder.
 */
export async function readPrivate(file: string): Promise<string | undefined> {
  try {
    check(path.dirname(file), await lstat(path.dirname(file)), (stats) => stats.isDirectory());
    // Without following a link, and checked on what was opened: nothing can be exchanged in between.
    const handle = await open(file, readFlags);
    try {
      check(file, await handle.stat(), (stats) => stats.isFile());
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    if (errorCode(error) === 'ELOOP') throw new UnsafeFile(`${file} is a symbolic link`);
    throw error;
  }
}

function check(file: string, stats: Stats, isExpected: (stats: Stats) => boolean): void {
  if (!isExpected(stats)) throw new UnsafeFile(`${file} is not what it should be`);
  if (!ownedByUser(stats)) throw new UnsafeFile(`${file} belongs to somebody else`);
  if (openToOthers(stats))
    throw new UnsafeFile(`${file} is open to others; its mode should be 0600, its folder's 0700`);
}

/** Windows has neither owners nor modes here; the user's profile folder is closed to others. */
function ownedByUser(stats: Stats): boolean {
  return process.geteuid === undefined || stats.uid === process.geteuid();
}

function openToOthers(stats: Stats): boolean {
  return process.platform !== 'win32' && (stats.mode & 0o077) !== 0;
}
