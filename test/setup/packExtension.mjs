import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { run } from './processes.mjs';
import { root } from './root.mjs';
import { step } from './step.mjs';

/** The extension as a user gets it: the path of a fresh VSIX. */
export async function packExtension() {
  const vsix = path.join(root, '.vscode-test', 'storyloop.vsix');
  await mkdir(path.dirname(vsix), { recursive: true });
  await step('Packing the extension', () =>
    run(process.execPath, ['node_modules/@vscode/vsce/vsce', 'package', '-o', vsix], { cwd: root }),
  );
  return vsix;
}
