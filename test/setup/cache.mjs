import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

const cacheFolder = () =>
  process.env.STORYLOOP_TEST_CACHE ||
  path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'storyloop');

/** Where something of that name is kept once it was installed: once a machine, for all clones. */
export const cached = (name) => path.join(cacheFolder(), name);

/**
 * Fills `folder` with what `build` makes in the folder that it is given. The folder gets its name when it is complete:
 * neither a set-up that dies nor a second one at the same time leaves half of it.
 */
export async function install(folder, build) {
  await removeAbandoned(path.dirname(folder));
  const unfinished = `${folder}${UNFINISHED}${randomBytes(4).toString('hex')}`;
  await mkdir(unfinished, { recursive: true });
  try {
    await build(unfinished);
    await rename(unfinished, folder).catch((error) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

const UNFINISHED = '.unfinished-';

async function removeAbandoned(cache) {
  if (!existsSync(cache)) return;
  for (const name of await readdir(cache)) {
    if (!name.includes(UNFINISHED)) continue;
    const abandoned = path.join(cache, name);
    const { mtimeMs } = await stat(abandoned).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > 3_600_000) await rm(abandoned, { recursive: true, force: true });
  }
}
