import { existsSync } from 'node:fs';
import path from 'node:path';
import { cached, install } from './cache.mjs';
import { buildServer, ensureCompiler, nodeFolder, recipes, vscodeFolder } from './vscodeRecipe.mjs';
import { step } from './step.mjs';

export const OLDEST = '1.103.2';
export const NEWEST = '1.139.1';

/** A VS Code server of that version: `{ version, node, serverMain, driverFlags }`. Installed once a machine, for all clones. */
export async function ensureVscodeServer(version) {
  const recipe = recipes[version];
  if (!recipe) throw new Error(`No recipe for VS Code ${version}, only for ${Object.keys(recipes).join(' and ')}`);
  if (process.platform !== 'linux') throw new Error('the VS Code server of the tests runs on Linux only');
  const folder = cached(`vscode-server-${version}`);
  if (!existsSync(folder)) {
    await ensureCompiler();
    await step(`Installing VS Code ${version}`, () =>
      install(folder, (unfinished) => buildServer(unfinished, version, recipe)),
    );
  }
  return {
    version,
    node: path.join(folder, nodeFolder, 'bin/node'),
    serverMain: path.join(folder, vscodeFolder, 'out/server-main.js'),
    driverFlags: recipe.driverFlags,
  };
}
