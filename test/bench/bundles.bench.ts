import { listFiles, PackageManager } from '@vscode/vsce';
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';

/** The extension and its pieces together, those that are loaded later too. */
const EXTENSION_LIMIT_KB = 600;

const kilobytes = (...files: string[]): number =>
  Math.ceil(files.reduce((sum, file) => sum + statSync(file).size, 0) / 1000);

const row = (name: string, size: number, note = ''): void => {
  console.log(`  ${name.padEnd(38)} ${size} KB${note}`);
};

async function main(): Promise<void> {
  execFileSync(process.execPath, ['esbuild.mjs', '--production'], { stdio: 'inherit' });
  const files = (await listFiles({ packageManager: PackageManager.None })).toSorted();
  const extension = files.filter((file) => /^dist\/extension(\.js$|\/)/.test(file));
  console.log('Bundles, minified');
  row('extension', kilobytes(...extension), ` (to reach: < ${EXTENSION_LIMIT_KB} KB)`);
  for (const name of ['cli', 'dashboard', 'events']) row(name, kilobytes(`dist/${name}.js`));
  console.log(`Extension package: ${files.length} files, ${kilobytes(...files)} KB before compression`);
  for (const file of files) row(file, kilobytes(file));
}

void main();
