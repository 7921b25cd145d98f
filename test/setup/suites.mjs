import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { testsUseDesktop } from './desktop.mjs';
import { stream } from './processes.mjs';
import { root } from './root.mjs';
import { NEWEST, OLDEST } from './vscodeServer.mjs';

const TIME_LIMIT = 600_000;
const VERSIONS = [OLDEST, NEWEST];

/**
 * In the order in which they run. `check`: commands that run at the same time, each as one test; the others are folders of
 * tests, whose files run in `jobs` processes, and which may run once for each version of VS Code, need its server, need
 * the packed extension, or need just a browser. `everyVersion`: what runs in the older versions too; a window costs ten
 * seconds of processor time, and the suite `host` tries all of VS Code's API that the extension uses in each.
 */
export const SUITES = [
  {
    name: 'source',
    check: [
      ['eslint/bin/eslint.js', '.'],
      [
        'typescript/bin/tsc',
        '--noEmit',
        '-p',
        '.',
        '--incremental',
        '--tsBuildInfoFile',
        'node_modules/.cache/extension.tsbuildinfo',
      ],
      [
        'typescript/bin/tsc',
        '--noEmit',
        '-p',
        'webview-ui',
        '--incremental',
        '--tsBuildInfoFile',
        'node_modules/.cache/webview-ui.tsbuildinfo',
      ],
      ['prettier/bin/prettier.cjs', '--check', '--cache', '--log-level', 'warn', '.'],
    ],
  },
  { name: 'unit', timeout: 20_000, jobs: 4 },
  { name: 'e2e', timeout: 60_000, jobs: 3 },
  { name: 'page', timeout: 60_000, chromium: true },
  { name: 'host', timeout: 60_000, versions: VERSIONS, onServer: !testsUseDesktop },
  {
    ...{ name: 'vscode', timeout: 300_000, jobs: 2, versions: VERSIONS, onServer: true, vsix: true },
    everyVersion: ['run.test.js', 'survival.test.js'],
  },
];

/** Each resolves with `{ passed, failed, skipped }`. */
export async function runCheck(commands) {
  const ends = await Promise.all(
    commands.map(([script, ...args]) =>
      stream(process.execPath, [path.join('node_modules', script), ...args], { cwd: root }),
    ),
  );
  const passed = ends.filter(({ code }) => code === 0).length;
  return { passed, failed: ends.length - passed, skipped: 0 };
}

export async function runFolder({ name, timeout, jobs, everyVersion }, { version, vsix, grep }) {
  const all = testFiles(path.join(root, 'out', name));
  const files =
    everyVersion && version !== NEWEST ? all.filter((file) => everyVersion.includes(path.basename(file))) : all;
  if (files.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  const env = { STORYLOOP_VSCODE_VERSION: version, STORYLOOP_VSIX: vsix };
  // The tests of this suite run in an extension host, which gets what it needs through its environment.
  if (name === 'host') return await counted(['test/setup/host.mjs'], { ...env, STORYLOOP_TEST_GREP: grep });
  const mocha = ['node_modules/mocha/bin/mocha.js', '--forbid-only', '--reporter', 'test/rig/reporter.cjs'];
  mocha.push('--require', 'out/rig/leakCheck.js', ...(jobs ? ['--parallel', '--jobs', jobs] : []));
  return await counted([...mocha, '--timeout', timeout, ...(grep ? ['--grep', grep] : []), ...files], env);
}

async function counted(args, env) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'storyloop-counts-'));
  const file = path.join(folder, 'counts.json');
  try {
    const { code, reason } = await stream(process.execPath, args.map(String), {
      cwd: root,
      env: { ...process.env, ...env, STORYLOOP_TEST_COUNTS: file },
      timeLimit: TIME_LIMIT,
    });
    const counts = existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) : { passed: 0, failed: 0, skipped: 0 };
    const hidden = counts.failed === 0 && code !== 0;
    return hidden || !existsSync(file) ? { ...counts, failed: 1, note: `broke off: ${reason}` } : counts;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function testFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter((file) => file.endsWith('.test.js'))
    .map((file) => path.join(folder, file));
}
