import { cp, mkdtemp, realpath, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { run } from './processes.mjs';
import { root } from './root.mjs';

/** What the scripted agent does in the sample. */
export const sampleScript = path.join(root, 'examples/tempconv.script.json');

/** A throw-away copy of the sample, as a git repository with one commit. */
export async function createSampleProject() {
  const temporary = await realpath(await mkdtemp(path.join(os.tmpdir(), 'storyloop-sample-')));
  const folder = path.join(temporary, 'tempconv');
  await cp(path.join(root, 'examples/tempconv'), folder, { recursive: true });
  const git = async (...args) => (await run('git', args, { cwd: folder })).trimEnd();
  await git('init', '--quiet', '--initial-branch=main');
  await git('config', 'user.name', 'Storyloop sample');
  await git('config', 'user.email', 'sample@storyloop.invalid');
  await git('add', '--all');
  await git('commit', '--quiet', '--no-gpg-sign', '--message', 'A temperature converter');
  return { temporary, folder, git, remove: () => rm(temporary, { recursive: true, force: true, maxRetries: 5 }) };
}
