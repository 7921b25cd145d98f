// The part of `npm start -- --check` that plays the user, and then looks into git whether it is true.
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from './root.mjs';

const RUN_LIMIT = 240_000;

/** Runs the sample's PRD by hand, so to say. Answers whether every story is done in git. */
export async function checkSample(workbench, sample) {
  const pictures = path.join(root, '.vscode-test', 'screenshots');
  await mkdir(pictures, { recursive: true });
  const picture = (name) => workbench.screenshot(path.join(pictures, `${name}.png`));
  try {
    await workbench.setTheme('dark');
    await startRun(workbench, picture);
    await workbench.runCommand('Storyloop: Open dashboard');
    await workbench.statusBarItem('PRD 2/').waitFor({ timeout: RUN_LIMIT });
    await picture('running-dark');
    say('Status bar of the run', [await workbench.statusBarText('PRD')]);
    say('Its terminal', [...(await workbench.terminalNames()), ...lines(await workbench.terminalText())]);
    await ended(workbench);
    await look(workbench, picture);
  } catch (error) {
    await picture('failure');
    throw error;
  } finally {
    console.log(`Screenshots: ${pictures}`);
  }
  return await doneInGit(sample);
}

async function startRun(workbench, picture) {
  await workbench.openView('Storyloop');
  await workbench.treeRow('US-001').first().waitFor();
  await picture('before-dark');
  await workbench.runCommand('Storyloop: Start PRD run');
  // A sample with one PRD is not asked for which; commands that nobody has seen yet are shown first.
  await workbench.dialogButton('Start run');
  await workbench.terminal.first().waitFor();
}

async function ended(workbench) {
  const item = workbench.page.getByRole('button', { name: /stories done, (completed|failed|stopped|interrupted)/ });
  await item.first().waitFor({ timeout: RUN_LIMIT });
}

async function look(workbench, picture) {
  const dashboard = workbench.webviewFrame().locator('body');
  await dashboard.getByText('US-005').first().waitFor();
  for (const theme of ['dark', 'light']) {
    await workbench.setTheme(theme);
    await picture(`ended-${theme}`);
  }
  say('Status bar at the end', [await workbench.statusBarText('PRD')]);
  say(
    'Tree',
    (await workbench.treeRows()).map(({ text, level }) => '  '.repeat(level - 1) + text),
  );
  say('Notifications', await workbench.notificationTexts());
  const [overview] = (await dashboard.innerText()).split(/^live events$/im);
  say('Dashboard', lines(overview));
}

async function doneInGit({ folder, git }) {
  const prd = JSON.parse(await readFile(path.join(folder, 'prd.json'), 'utf8'));
  const wanted = prd.userStories.map(({ id }) => id);
  const [tip] = (await git('for-each-ref', '--format=%(refname)', 'refs/storyloop/*/tip')).split('\n');
  const format = '--format=%(trailers:key=Story-Id,valueonly,separator=)';
  const committed = tip ? (await git('log', '--reverse', format, `main..${tip}`)).split('\n').filter(Boolean) : [];
  const passing = prd.userStories.filter(({ passes }) => passes).map(({ id }) => id);
  say('Committed stories', [`${committed.join(', ')} on ${tip || 'no run'}`]);
  say('Stories that pass in prd.json', [passing.join(', ')]);
  const complete = (ids) => ids.length === wanted.length && wanted.every((id) => ids.includes(id));
  return complete(committed) && complete(passing);
}

const lines = (text) => text.split('\n').filter((line) => line.trim() !== '');

function say(title, seen) {
  console.log([`${title}:`, ...seen.map((line) => `  ${line}`)].join('\n'));
}
