// `npm run soak [-- --minutes N]`: a hub under steady load with clients that come and go, an hour unless told otherwise.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureDependencies } from './dependencies.mjs';
import { run, stream } from './processes.mjs';
import { root } from './root.mjs';
import { step } from './step.mjs';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '60' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) {
  console.error(`--minutes ${values.minutes}: give a number above 0`);
  process.exit(2);
}
await ensureDependencies(root);
await step('Building', () => run(process.execPath, ['esbuild.mjs', '--tests'], { cwd: root }));
const mocha = [path.join('node_modules', 'mocha', 'bin', 'mocha.js'), '--require', 'out/rig/leakCheck.js'];
const { code } = await stream(process.execPath, [...mocha, 'out/soak/soak.test.js'], {
  cwd: root,
  env: { ...process.env, STORYLOOP_SOAK_MINUTES: String(minutes) },
});
process.exitCode = code === 0 ? 0 : 1;
