// `npm start`: a VS Code with the extension and a sample to try it on. `npm start -- --check` tries it by itself.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { CHROMIUM_HINT, ensureChromium } from './chromium.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { findDesktop, openDesktop } from './desktop.mjs';
import { installExtension, packExtension } from './packExtension.mjs';
import { run } from './processes.mjs';
import { root } from './root.mjs';
import { createSampleProject, sampleScript } from './sampleProject.mjs';
import { step } from './step.mjs';
import { NEWEST } from './vscodeServer.mjs';

const { check } = parseArgs({ options: { check: { type: 'boolean', default: false } } }).values;
const interrupted = new Promise((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, resolve);
});

await ensureDependencies(root);
if (check && !(await ensureChromium())) throw new Error(`The check ${CHROMIUM_HINT}`);
await step('Building', () => run(process.execPath, ['esbuild.mjs', '--tests'], { cwd: root }));
const vsix = await packExtension();
const settings = {
  'security.workspace.trust.enabled': false,
  'workbench.startupEditor': 'none',
  'storyloop.agent': 'scripted',
  'storyloop.agents.scripted.script': sampleScript,
};

const sample = await createSampleProject();
try {
  const code = check ? undefined : findDesktop();
  if (code) {
    console.log(`Opening ${sample.folder} in VS Code. Close its window, or press Ctrl-C here, to end and remove it.`);
    const env = { STORYLOOP_HOME: path.join(sample.temporary, 'home') };
    const state = path.join(sample.temporary, 'vscode');
    await Promise.race([openDesktop(code, { folder: sample.folder, state, vsix, settings, env }), interrupted]);
  } else {
    await useServer();
  }
} finally {
  await sample.remove();
}

async function useServer() {
  const { startServer } = await load('server');
  const extensionsDir = await installExtension(vsix, NEWEST);
  const server = await step('Starting VS Code', () => startServer({ extensionsDir, settings }));
  try {
    if (check) {
      const { checkSample } = await import('./check.mjs');
      const { Workbench } = await load('workbench');
      const workbench = await Workbench.open(server, { folder: sample.folder });
      try {
        const passed = await Promise.race([checkSample(workbench, sample), interrupted.then(() => false)]);
        process.exitCode = passed ? 0 : 1;
      } finally {
        await workbench.close();
      }
    } else {
      console.log(`\nOpen ${server.url}/?folder=${encodeURIComponent(sample.folder)}`);
      console.log('and run "Storyloop: Start PRD run" from the Command Palette (F1). Ctrl-C ends and removes it.');
      await interrupted;
    }
  } finally {
    await step('Ending VS Code', () => server.stop());
  }
}

// The tests' rig is TypeScript: what was just built of it.
async function load(name) {
  const module = await import(path.join(root, 'out/rig/vscode', `${name}.js`));
  return module.default ?? module;
}
