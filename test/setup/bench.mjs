// `npm run bench`: every benchmark, one after another, on what ships.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { ensureDependencies } from './dependencies.mjs';
import { packExtension } from './packExtension.mjs';
import { run, stream } from './processes.mjs';
import { root } from './root.mjs';
import { step } from './step.mjs';

await ensureDependencies(root);
await step('Building', () => run(process.execPath, ['esbuild.mjs', '--production', '--tests'], { cwd: root }));
const env = { ...process.env, STORYLOOP_VSIX: await packExtension() };
const folder = path.join(root, 'out', 'bench');
for (const file of readdirSync(folder).filter((name) => name.endsWith('.bench.js'))) {
  console.log(`\n── ${file}`);
  const { code } = await stream(process.execPath, [path.join(folder, file)], { cwd: root, env });
  if (code !== 0) process.exitCode = 1;
}
