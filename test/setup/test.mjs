// `npm test`: everything that must hold, from typecheck to the installed extension in two versions of VS Code.
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { ensureDependencies } from './dependencies.mjs';
import { CHROMIUM, prepareMachine } from './machine.mjs';
import { installExtension, packExtension } from './packExtension.mjs';
import { run } from './processes.mjs';
import { root } from './root.mjs';
import { step } from './step.mjs';
import { runCheck, runFolder, SUITES } from './suites.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { grep: { type: 'string' } } });
const unknown = positionals.find((name) => !SUITES.some((suite) => suite.name === name));
if (unknown) {
  console.error(`There is no suite "${unknown}", only ${SUITES.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
const suites = SUITES.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const rows = [];
let stopped = false;
process.on('SIGINT', () => (stopped = true));

await ensureDependencies(root);
// Compiling VS Code's native parts takes a while: checks go on meanwhile, but no test, as some of them watch the time.
const versions = [...new Set(suites.flatMap(({ onServer, versions }) => (onServer ? versions : [])))];
const preparing = prepareMachine(versions, { python: suites.some(({ python }) => python) });
for (const { name, check } of suites) {
  if (check) await report(name, () => runCheck(check));
}
const obstacles = await preparing;
if (suites.some(({ check }) => !check) && (await built())) await runFolders();
process.exitCode = summarize();

async function built() {
  try {
    await step('Building', () => run(process.execPath, ['esbuild.mjs', '--tests'], { cwd: root }));
    return true;
  } catch (error) {
    await report('build', () => ({ passed: 0, failed: 1, skipped: 0, note: error.message }));
    return false;
  }
}

async function runFolders() {
  let vsix;
  const beside = suites
    .filter((suite) => suite.beside)
    .map((suite) => report(suite.name, () => runFolder(suite, { grep: values.grep })));
  for (const suite of suites.filter((suite) => !suite.check && !suite.beside)) {
    for (const version of suite.versions ?? [undefined]) {
      await report([suite.name, version].filter(Boolean).join(' '), async () => {
        const obstacle = obstacles.get(suite.onServer ? version : suite.chromium && CHROMIUM);
        if (obstacle) return { passed: 0, failed: 0, skipped: 1, note: obstacle };
        if (suite.vsix) vsix ??= await packExtension();
        const extensions = suite.vsix && (await installExtension(vsix, version));
        return await runFolder(suite, { version, vsix, extensions, grep: values.grep });
      });
    }
  }
  await Promise.all(beside);
}

async function report(title, action) {
  if (stopped) return;
  console.log(`\n── ${title} ${'─'.repeat(60 - title.length)}`);
  const start = performance.now();
  const counts = await Promise.resolve()
    .then(action)
    .catch((error) => ({ passed: 0, failed: 1, skipped: 0, note: error.message }));
  if (counts.note) console.log(counts.note);
  rows.push({ title, ...counts, seconds: Math.round((performance.now() - start) / 1000) });
}

/** Prints the table, and as its last line what a script reads. Answers with the exit code. */
function summarize() {
  const columns = ['passed', 'failed', 'skipped', 'seconds'];
  const line = (title, cells) => `${title.padEnd(20)}${cells.map((cell) => String(cell).padStart(9)).join('')}`;
  console.log(`\n${line('suite', columns)}`);
  for (const row of rows) {
    const note = row.note ? `   ${row.note.split('\n', 1)[0]}` : '';
    console.log(
      line(
        row.title,
        columns.map((column) => row[column]),
      ) + note,
    );
  }
  const [passed, failed, skipped] = columns.map((column) => rows.reduce((sum, row) => sum + row[column], 0));
  console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed === 0 && passed > 0 ? 0 : 1;
}
