import { constants } from 'node:fs';
import { access, cp, rm } from 'node:fs/promises';
import path from 'node:path';
import { firstLink } from './firstOnWay.js';
import { git } from './git.js';
import { line } from './repository.js';

/** The user's hook as git runs it before a commit. */
export interface PreCommitHook {
  /** The files that say what it does. Relative: each worktree has its own. */
  readonly files: readonly string[];
  /** The folder that git looks for it in within a worktree, where only the checkout has it: a tool put it there. */
  readonly untracked: string | undefined;
}

/**
 * The executable `pre-commit` hook of a checkout; undefined when there is none, or git is older than 2.36 and cannot be
 * told to run it.
 */
export async function preCommitHook(checkout: string): Promise<PreCommitHook | undefined> {
  const folder = await hooksFolder(checkout);
  if (folder === undefined || folder.startsWith('..')) return undefined;
  const file = path.join(folder, 'pre-commit');
  if (!(await isExecutable(path.resolve(checkout, file)))) return undefined;
  // Runs none: no hook is on in what we ask of git.
  const known = await git(checkout, ['hook', 'run', '--ignore-missing', 'pre-commit']);
  if (!known.ok) return undefined;
  if (path.isAbsolute(folder) || (await isTracked(checkout, file))) return { files: [file], untracked: undefined };
  // Husky installs a shim in a folder `_`, which runs the tracked file beside it.
  const beside = path.join(folder, '..', 'pre-commit');
  const isShim = path.basename(folder) === '_' && (await isTracked(checkout, beside));
  return { files: [path.resolve(checkout, file), ...(isShim ? [beside] : [])], untracked: folder };
}

/**
 * Gives a worktree the folder of a hook that only the checkout has, instead of what an agent may have put there; answers how
 * to take it away. Where a link is on the way nothing is given, and there is no hook to run.
 */
export async function lendHook(checkout: string, worktree: string): Promise<() => Promise<void>> {
  const folder = (await preCommitHook(checkout))?.untracked;
  if (folder === undefined) return () => Promise.resolve();
  const lent = path.resolve(worktree, folder);
  if ((await firstLink(worktree, path.dirname(folder))) !== undefined) return () => Promise.resolve();
  await rm(lent, { recursive: true, force: true });
  await cp(path.resolve(checkout, folder), lent, { recursive: true });
  return () => rm(lent, { recursive: true, force: true });
}

/** As the user configured it, else the repository's own. */
async function hooksFolder(checkout: string): Promise<string | undefined> {
  const configured = await git(checkout, ['config', '--type=path', '--get-all', '-z', 'core.hooksPath']);
  // The last value is ours, by which no hook runs in our own calls.
  const user = configured.ok ? configured.value.split('\0').at(-3) : undefined;
  if (user !== undefined && user !== '') return path.normalize(user);
  const common = await git(checkout, ['rev-parse', '--path-format=absolute', '--git-common-dir']);
  return common.ok ? path.join(line(common.value), 'hooks') : undefined;
}

async function isTracked(checkout: string, file: string): Promise<boolean> {
  const listed = await git(checkout, ['ls-tree', '-z', '--full-tree', 'HEAD', '--', file.split(path.sep).join('/')]);
  return listed.ok && listed.value !== '';
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
