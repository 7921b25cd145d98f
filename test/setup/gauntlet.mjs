// `npm run gauntlet`: runs long PRDs whose agents misbehave in every way, and kills the coordinator 200 times at any instant.
// STORYLOOP_SEED repeats a run.
import path from 'node:path';
import { ensureDependencies } from './dependencies.mjs';
import { run, stream } from './processes.mjs';
import { root } from './root.mjs';
import { step } from './step.mjs';

await ensureDependencies(root);
await step('Building', () => run(process.execPath, ['esbuild.mjs', '--production', '--tests'], { cwd: root }));
const mocha = [path.join('node_modules', 'mocha', 'bin', 'mocha.js'), '--require', 'out/rig/leakCheck.js'];
const { code } = await stream(
  process.execPath,
  [...mocha, 'out/e2e/gauntlet.test.js', 'out/e2e/manyCoordinators.test.js'],
  {
    cwd: root,
    env: { ...process.env, STORYLOOP_GAUNTLET: 'all' },
  },
);
process.exitCode = code === 0 ? 0 : 1;
