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
 * tests, whose files run in `jobs` processes, the long ones `first`, and which may run once for each version of VS Code,
 * need its server, need the packed extension, or need just a browser or Python. `everyVersion`: what runs in older versions too; a
 * window costs ten seconds of processor time, and the suite `host` tries the API that the extension uses in each version.
 */
export const SUITES = [
  {
    name: 'source',
    check: [
      [
        ...['eslint/bin/eslint.js', '--cache', '--cache-strategy', 'content'],
        ...['--cache-location', 'node_modules/.cache/eslint/', '.'],
      ],
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
  // A minute that passes beside the other suites.
  { name: 'soak', timeout: 180_000, beside: true },
  { name: 'unit', timeout: 20_000, jobs: 4, first: ['guarded.test.js', 'agents.test.js', 'ownership.test.js'] },
  {
    ...{ name: 'e2e', timeout: 60_000, jobs: 3, python: true },
    first: ['faults.test.js', 'survival.test.js', 'claude.test.js', 'coordinators.test.js'],
  },
  { name: 'page', timeout: 60_000, jobs: 3, chromium: true, first: ['foreignPage.test.js'] },
  { name: 'host', timeout: 60_000, versions: VERSIONS, onServer: !testsUseDesktop },
  {
    ...{ name: 'vscode', timeout: 300_000, jobs: 2, versions: VERSIONS, onServer: true, vsix: true },
    first: ['handover.test.js', 'run.test.js'],
    everyVersion: ['run.test.js'],
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

export async function runFolder(
  { name, timeout, jobs, first = [], everyVersion },
  { version, vsix, extensions, grep },
) {
  const all = testFiles(path.join(root, 'out', name));
  const isNamed = (names) => (file) => names.includes(path.basename(file));
  const files = everyVersion && version !== NEWEST ? all.filter(isNamed(everyVersion)) : all;
  files.sort((a, b) => Number(isNamed(first)(b)) - Number(isNamed(first)(a)));
  if (files.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  const env = { STORYLOOP_VSCODE_VERSION: version, STORYLOOP_VSIX: vsix, STORYLOOP_EXTENSIONS: extensions };
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
