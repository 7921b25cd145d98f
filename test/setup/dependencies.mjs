import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { run } from './processes.mjs';
import { step } from './step.mjs';

/** Makes node_modules what package-lock.json says. */
export async function ensureDependencies(root) {
  if (isInstalled(root)) return;
  await step('Installing dependencies', () => run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root }));
}

// npm leaves the lock of what it installed in node_modules; contents are compared, as a checkout changes times.
function isInstalled(root) {
  const installed = path.join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  const wanted = packagesOf(path.join(root, 'package-lock.json'));
  const present = packagesOf(installed);
  return (
    Object.entries(wanted).every(
      ([name, entry]) => name === '' || (present[name] ? present[name].version === entry.version : entry.optional),
    ) && Object.keys(present).every((name) => name in wanted)
  );
}

const packagesOf = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;
