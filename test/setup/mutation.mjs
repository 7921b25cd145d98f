// `npm run mutation [-- --mutate src/gate/door.ts | --incremental]`: breaks the hub's guards, one expression at a time, and
// looks whether a test notices. Arguments go to Stryker.
import os from 'node:os';
import path from 'node:path';
import { ensureDependencies } from './dependencies.mjs';
import { stream } from './processes.mjs';
import { root } from './root.mjs';

await ensureDependencies(root);
// Its processes inherit it: whoever works meanwhile comes first.
os.setPriority(os.constants.priority.PRIORITY_BELOW_NORMAL);
const stryker = path.join('node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');
const config = path.join('test', 'mutation', 'stryker.config.mjs');
const { code } = await stream(process.execPath, [stryker, 'run', config, ...process.argv.slice(2)], { cwd: root });
process.exitCode = code;
