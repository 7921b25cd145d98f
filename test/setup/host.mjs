// The suite `host`: hands its tests to a VS Code, the server in Chromium or, where that cannot run, a desktop one.
import { runTests } from '@vscode/test-electron';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { testsUseDesktop } from './desktop.mjs';
import { run } from './processes.mjs';
import { root } from './root.mjs';

const folder = await mkdtemp(path.join(os.tmpdir(), 'storyloop-host-'));
try {
  const workspace = path.join(folder, 'workspace');
  await mkdir(workspace);
  await run('git', ['init', '--quiet'], { cwd: workspace });
  const desktop = { version: process.env.STORYLOOP_VSCODE_VERSION };
  const server = { vscodeExecutablePath: path.join(root, 'test/rig/vscode/launcher.cjs') };
  await runTests({
    ...(testsUseDesktop ? desktop : server),
    extensionDevelopmentPath: root,
    extensionTestsPath: path.join(root, 'out/rig/vscode/hostSuite.js'),
    launchArgs: [workspace],
    extensionTestsEnv: { STORYLOOP_HOME: path.join(folder, 'home') },
  });
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
