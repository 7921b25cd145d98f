import { readdirSync } from 'node:fs';
import path from 'node:path';
import Mocha from 'mocha';
import * as vscode from 'vscode';
import { HOST_SUITE_ENDED, HOST_SUITE_STARTS } from './hostSuiteOutput.js';

/** What VS Code calls in its extension host: runs `test/host`, and fails the test run when a test fails. */
export async function run(): Promise<void> {
  console.log(`${HOST_SUITE_STARTS} ${vscode.version}`);
  const out = path.resolve(__dirname, '../..');
  const grep = process.env.STORYLOOP_TEST_GREP;
  const mocha = new Mocha({
    timeout: 60_000,
    reporter: path.resolve(out, '../test/rig/reporter.cjs'),
    ...(grep ? { grep } : {}),
  });
  for (const file of testFiles(path.join(out, 'host'))) mocha.addFile(file);
  const failures = await new Promise<number>((resolve) => mocha.run(resolve));
  console.log(`${HOST_SUITE_ENDED} ${vscode.version}`);
  if (failures > 0) throw new Error(`${failures} failed`);
}

function testFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.js'))
    .map((file) => path.join(folder, file));
}
