import { listFiles, PackageManager } from '@vscode/vsce';
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';

/** What users download and VS Code loads: bundle → the size it should stay under, in KB, where there is one. */
const BUNDLES: Readonly<Record<string, number | undefined>> = {
  'dist/extension.js': 600,
  'dist/cli.js': undefined,
  'dist/dashboard.js': undefined,
  'dist/events.js': undefined,
};

const kilobytes = (file: string): number => Math.ceil(statSync(file).size / 1000);

function row(file: string, limit?: number): void {
  const target = limit === undefined ? '' : ` (to reach: < ${limit} KB)`;
  console.log(`  ${file.padEnd(26)} ${kilobytes(file)} KB${target}`);
}

async function main(): Promise<void> {
  execFileSync(process.execPath, ['esbuild.mjs', '--production'], { stdio: 'inherit' });
  console.log('Bundles, minified');
  for (const [file, limit] of Object.entries(BUNDLES)) row(file, limit);

  const files = await listFiles({ packageManager: PackageManager.None });
  const total = files.reduce((sum, file) => sum + kilobytes(file), 0);
  console.log(`Extension package: ${files.length} files, ${total} KB before compression`);
  for (const file of files.toSorted()) if (!(file in BUNDLES)) row(file);
}

void main();
