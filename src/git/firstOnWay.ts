import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import path from 'node:path';

/** The first part of a way below `root` that is there and is what `isMeant` says, with slashes; no link is followed. */
export async function firstOnWay(
  root: string,
  way: string,
  isMeant: (stats: Stats) => boolean,
): Promise<string | undefined> {
  const parts = path.normalize(way).split(path.sep);
  for (const end of parts.keys()) {
    const part = parts.slice(0, end + 1).join('/');
    const stats = await lstat(path.join(root, part)).catch(() => undefined);
    if (stats && isMeant(stats)) return part;
  }
  return undefined;
}

/** The first part of a way below `root` that is a symbolic link. */
export const firstLink = (root: string, way: string): Promise<string | undefined> =>
  firstOnWay(root, way, (stats) => stats.isSymbolicLink());
