import { constants } from 'node:fs';
import { open, readdir, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import picomatch from 'picomatch';
import { err, ok, type Result } from '../primitives/result.js';
import { parseJUnit } from './junit.js';
import type { TestCounts } from './testCounts.js';

/** Of all files together. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Takes away what lies there from before: only what the tests write is read. */
export async function removeTestReports(worktree: string, glob: string): Promise<void> {
  for (const file of await testReports(worktree, glob)) await rm(file, { force: true });
}

/** What the reports of a run of the tests count together; the error says why nobody knows. */
export async function readTestReports(worktree: string, glob: string): Promise<Result<TestCounts, string>> {
  const files = await testReports(worktree, glob);
  if (files.length === 0) return err(`The tests wrote no report ${glob} (testReport).`);
  let left = MOST_BYTES;
  const sum = { passed: 0, failed: 0, total: 0 };
  for (const file of files) {
    const name = path.relative(worktree, file);
    const xml = await read(file, left);
    if (xml === undefined) return err(`The report ${name} cannot be read, or is too large.`);
    left -= xml.length;
    const counts = parseJUnit(xml.toString('utf8'));
    if (!counts) return err(`The report ${name} is not in JUnit's XML.`);
    sum.passed += counts.passed;
    sum.failed += counts.failed;
    sum.total += counts.total;
  }
  return ok(sum);
}

/** Regular files only, in folders that are no links: what lies elsewhere is neither read nor removed. */
async function testReports(worktree: string, glob: string): Promise<string[]> {
  const { base, isGlob } = picomatch.scan(glob);
  const folder = path.join(worktree, isGlob ? base : path.dirname(base));
  const real = await realpath(folder).catch(() => undefined);
  if (real !== path.join(await realpath(worktree), path.relative(worktree, folder))) return [];
  const isReport = picomatch(glob, { dot: true, nonegate: true, noextglob: true });
  const entries = await readdir(folder, { recursive: isGlob, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => isReport(path.relative(worktree, file).split(path.sep).join('/')));
}

async function read(file: string, mostBytes: number): Promise<Buffer | undefined> {
  try {
    await using handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
    const { size } = await handle.stat();
    return size <= mostBytes ? await handle.readFile() : undefined;
  } catch {
    return undefined;
  }
}
