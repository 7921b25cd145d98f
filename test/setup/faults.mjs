// `npm run faults [-- --grep X | --at NAME:N]`: kills coordinator and hub at every failpoint, or at the N-th pass of one, and
// looks whether they go on as if nothing had been; kills the hub 200 times while somebody publishes, and a coordinator at
// 200 instants by chance.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureDependencies } from './dependencies.mjs';
import { run, stream } from './processes.mjs';
import { root } from './root.mjs';
import { step } from './step.mjs';

const { values } = parseArgs({ options: { grep: { type: 'string' }, at: { type: 'string' } } });
await ensureDependencies(root);
await step('Building', () => run(process.execPath, ['esbuild.mjs', '--tests'], { cwd: root }));
const mocha = [path.join('node_modules', 'mocha', 'bin', 'mocha.js'), '--require', 'out/rig/leakCheck.js'];
const filter = values.grep === undefined ? [] : ['--grep', values.grep];
const { code } = await stream(
  process.execPath,
  [...mocha, ...filter, 'out/e2e/faults.test.js', 'out/e2e/kills.test.js', 'out/e2e/randomKills.test.js'],
  {
    cwd: root,
    env: { ...process.env, STORYLOOP_FAULTS: values.at ?? 'all' },
  },
);
process.exitCode = code === 0 ? 0 : 1;
