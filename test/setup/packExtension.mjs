import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { run } from './processes.mjs';
import { root } from './root.mjs';
import { step } from './step.mjs';
import { ensureVscodeServer } from './vscodeServer.mjs';

const place = path.join(root, '.vscode-test');

/** The extension as a user gets it: the path of a fresh VSIX. */
export async function packExtension() {
  const vsix = path.join(place, 'storyloop.vsix');
  await mkdir(place, { recursive: true });
  await step('Packing the extension', () =>
    run(process.execPath, ['node_modules/@vscode/vsce/vsce', 'package', '-o', vsix], { cwd: root }),
  );
  return vsix;
}

/** Installs it as a user does, once for all servers of that version: the path of their folder of extensions. */
export async function installExtension(vsix, version) {
  const { node, serverMain } = await ensureVscodeServer(version);
  const [extensions, state] = ['extensions', 'installer'].map((name) => path.join(place, `${name}-${version}`));
  await rm(extensions, { recursive: true, force: true });
  const places = ['--accept-server-license-terms', '--server-data-dir', state, '--extensions-dir', extensions];
  await step(`Installing it in VS Code ${version}`, () =>
    run(node, [serverMain, ...places, '--install-extension', vsix], { cwd: root }),
  );
  await rm(state, { recursive: true, force: true });
  return extensions;
}
