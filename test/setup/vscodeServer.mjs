import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { buildServer, ensureCompiler, nodeFolder, recipes, vscodeFolder } from './vscodeRecipe.mjs';
import { step } from './step.mjs';

export const OLDEST = '1.103.2';
export const NEWEST = '1.139.1';

/** A VS Code server of that version: `{ version, node, serverMain, driverFlags }`. Installed once a machine, for all clones. */
export async function ensureVscodeServer(version) {
  const recipe = recipes[version];
  if (!recipe) throw new Error(`No recipe for VS Code ${version}, only for ${Object.keys(recipes).join(' and ')}`);
  if (process.platform !== 'linux') throw new Error('the VS Code server of the tests runs on Linux only');
  const folder = path.join(cacheFolder(), `vscode-server-${version}`);
  if (!existsSync(folder)) {
    await ensureCompiler();
    await step(`Installing VS Code ${version}`, () => install(version, recipe, folder));
  }
  return {
    version,
    node: path.join(folder, nodeFolder, 'bin/node'),
    serverMain: path.join(folder, vscodeFolder, 'out/server-main.js'),
    driverFlags: recipe.driverFlags,
  };
}

const cacheFolder = () =>
  process.env.STORYLOOP_TEST_CACHE ||
  path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'storyloop');

// The folder gets its name when it is complete: neither a set-up that dies nor a second one at the same time leaves half a server.
async function install(version, recipe, folder) {
  await removeAbandoned(path.dirname(folder));
  const unfinished = `${folder}${UNFINISHED}${randomBytes(4).toString('hex')}`;
  await mkdir(unfinished, { recursive: true });
  try {
    await buildServer(unfinished, version, recipe);
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
