// `npm run bench`: every benchmark, one after another, on what ships; `npm run bench -- hub fold` runs only these.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { ensureDependencies } from './dependencies.mjs';
import { installExtension, packExtension } from './packExtension.mjs';
import { run, stream } from './processes.mjs';
import { root } from './root.mjs';
import { step } from './step.mjs';
import { NEWEST } from './vscodeServer.mjs';

const wanted = process.argv.slice(2);
await ensureDependencies(root);
await step('Building', () => run(process.execPath, ['esbuild.mjs', '--production', '--tests'], { cwd: root }));
const folder = path.join(root, 'out', 'bench');
const all = readdirSync(folder).filter((name) => name.endsWith('.bench.js'));
const files = wanted.length === 0 ? all : wanted.map((name) => `${name}.bench.js`);
const unknown = files.find((file) => !all.includes(file));
if (unknown) {
  console.error(`There is no benchmark ${unknown}, only ${all.join(', ')}`);
  process.exit(2);
}
const needsExtension = files.some((file) => /^(activation|bundles)/.test(file));
const vsix = needsExtension && (await packExtension());
const packed = vsix && { STORYLOOP_VSIX: vsix, STORYLOOP_EXTENSIONS: await installExtension(vsix, NEWEST) };
const env = { ...process.env, ...packed };
for (const file of files) {
  console.log(`\n── ${file}`);
  const { code } = await stream(process.execPath, [path.join(folder, file)], { cwd: root, env });
  if (code !== 0) process.exitCode = 1;
}
