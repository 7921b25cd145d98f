import { existsSync } from 'node:fs';
import { chmod, lstat, mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../primitives/errorCode.js';
import { err, ok, type Result } from '../primitives/result.js';
import { inTurn } from '../session/repositoryTurns.js';
import { firstOnWay } from './firstOnWay.js';
import { git, gitFailure, type GitFailure } from './git.js';
import type { Repository } from './repository.js';

/** git reads the records of all worktrees while it makes one, and stops at a half-made one: one at a time in a repository. */
const inWorktreeTurn = <T>({ commonDir }: Repository, action: () => Promise<T>): Promise<T> =>
  inTurn(commonDir, 'worktrees', action);

const worktreesOf = (repository: Repository, runId: string): string =>
  path.join(repository.root, '.storyloop', 'worktrees', runId);

/**
 * Where an attempt works: `.storyloop/worktrees/<run>/<name>` in the repository, detached at `commit`. What lies there
 * from an earlier crash is replaced: whoever calls has saved it.
 */
export async function addWorktree(
  repository: Repository,
  runId: string,
  name: string,
  commit: string,
): Promise<Result<string, GitFailure>> {
  const args = ['worktree', 'add', '--detach', runId, name, commit];
  if (!isSegment(runId) || !isSegment(name)) return err(gitFailure(args, `"${name}" cannot name a folder`));
  const folder = worktreesOf(repository, runId);
  const worktree = path.join(folder, name);
  return inWorktreeTurn(repository, async () => {
    const unsafe = await makeFolders(repository, folder);
    if (unsafe !== undefined) return err(gitFailure(args, unsafe));
    const deleted = await deleteFolder(worktree);
    if (deleted !== undefined) return err(gitFailure(args, deleted));
    // Forced twice it takes over what git still knows of a worktree there, also of a half-made one.
    const add = ['worktree', 'add', '--quiet', '--force', '--force', '--detach', worktree, commit];
    const added = await git(repository.root, add);
    return added.ok ? ok(worktree) : added;
  });
}

/**
 * Removes a worktree of ours, whatever state it is in: its folder and then git's record, as `worktree remove` alone
 * refuses a damaged one. What it held must be a ref by now.
 */
export async function removeWorktree(repository: Repository, worktree: string): Promise<Result<void, GitFailure>> {
  const run = path.dirname(worktree);
  const ours = worktreesOf(repository, path.basename(run));
  const args = ['worktree', 'remove', '--force', '--force', worktree];
  if (run !== ours || !isSegment(path.basename(run)) || !isSegment(path.basename(worktree))) {
    return err(gitFailure(args, `${worktree} is not a worktree of Storyloop`));
  }
  return inWorktreeTurn(repository, async () => {
    const obstacle = (await unsafePart(repository, run)) ?? (await deleteFolder(worktree));
    if (obstacle !== undefined) return err(gitFailure(args, obstacle));
    const removed = await git(repository.root, args);
    // Goes with its last worktree; until then it is not empty.
    await rmdir(run).catch(() => {});
    return removed.ok || removed.error.stderr.includes('is not a working tree') ? ok(undefined) : removed;
  });
}

/** Where {@link setWorktreeAside} moves a worktree of ours. */
export function unsavedFolder(repository: Repository, worktree: string): string {
  const run = path.basename(path.dirname(worktree));
  return path.join(repository.root, '.storyloop', 'unsaved', run, path.basename(worktree));
}

/**
 * Moves the files of a worktree of ours to its {@link unsavedFolder}, where nothing of ours ever deletes them: what they
 * hold could not become a ref.
 */
export async function setWorktreeAside(repository: Repository, worktree: string): Promise<Result<void, GitFailure>> {
  const args = ['worktree', 'move', worktree];
  const aside = unsavedFolder(repository, worktree);
  const unsafe = await makeFolders(repository, path.dirname(aside));
  if (unsafe !== undefined) return err(gitFailure(args, unsafe));
  try {
    // A folder that is read-only cannot be moved.
    if ((await lstat(worktree)).isDirectory()) await chmod(worktree, 0o700);
    await rename(worktree, aside);
  } catch (error) {
    return err(gitFailure(args, String(error)));
  }
  // Should only git's record stay, `git worktree prune` knows what to do with it.
  await removeWorktree(repository, worktree);
  return ok(undefined);
}

/** Our worktrees that still exist, of one run. */
export async function listWorktrees(repository: Repository, runId: string): Promise<string[]> {
  const folder = worktreesOf(repository, runId);
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => path.join(folder, entry.name));
  } catch {
    return [];
  }
}

/** Removes what else a kill left of a run's worktrees: their folder without any, and git's records of deleted ones. */
export async function removeWorktreeRecords(repository: Repository, runId: string): Promise<void> {
  const folder = worktreesOf(repository, runId);
  const listed = await git(repository.root, ['worktree', 'list', '--porcelain']);
  const recorded = listed.ok ? listed.value.split('\n').filter((row) => row.startsWith('worktree ')) : [];
  for (const worktree of recorded.map((row) => row.slice('worktree '.length))) {
    const isDeleted = path.dirname(worktree) === folder && !existsSync(worktree);
    if (isDeleted) await removeWorktree(repository, worktree);
  }
  await rmdir(folder).catch(() => {});
}

/** Branches that are checked out somewhere, or in the middle of a rebase or bisection there, as full ref names. */
export async function checkedOutBranches(repository: Repository): Promise<Result<Set<string>, GitFailure>> {
  const list = ['worktree', 'list', '--porcelain'];
  let listed = await git(repository.root, [...list, '-z']);
  // git before 2.36 knows no -z and answers with its usage.
  if (!listed.ok && listed.error.exitCode === 129) listed = await git(repository.root, list);
  if (!listed.ok) return listed;
  const branches = new Set<string>();
  for (const attribute of listed.value.split(/[\0\n]/)) {
    if (attribute.startsWith('branch ')) branches.add(attribute.slice('branch '.length));
  }
  for (const gitDir of await gitDirs(repository)) {
    for (const branch of await branchesInUse(gitDir)) branches.add(branch);
  }
  return ok(branches);
}

/** Answers why it could not. */
async function deleteFolder(worktree: string): Promise<string | undefined> {
  const remove = (): Promise<void> => rm(worktree, { recursive: true, force: true, maxRetries: 5 });
  try {
    await remove().catch(async (error: unknown) => {
      if (!isForbidden(error) || !(await lstat(worktree)).isDirectory()) throw error;
      await makeWritable(worktree);
      await remove();
    });
    return undefined;
  } catch (error) {
    return `${worktree} could not be deleted: ${String(error)}`;
  }
}

const isForbidden = (error: unknown): boolean => ['EACCES', 'EPERM'].includes(errorCode(error) ?? '');

/** Some tools make the folders of their caches read-only, as Go does with its modules. Links in them are not followed. */
async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o700).catch(() => {});
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    if (entry.isDirectory()) await makeWritable(path.join(folder, entry.name));
  }
}

/** Makes the folders above a worktree, ignored by git, or says why they cannot be trusted. */
async function makeFolders(repository: Repository, folder: string): Promise<string | undefined> {
  const unsafe = await unsafePart(repository, folder);
  if (unsafe !== undefined) return unsafe;
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(repository.root, '.storyloop', '.gitignore'), '*\n', { flag: 'wx' });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') return `${folder} could not be made: ${String(error)}`;
  }
  return undefined;
}

/** A repository may hold a `.storyloop` that points elsewhere; nothing is ever made or deleted through a link. */
async function unsafePart({ root }: Repository, folder: string): Promise<string | undefined> {
  const part = await firstOnWay(root, path.relative(root, folder), (stats) => !stats.isDirectory());
  return part && `${path.join(root, part)} is not a folder but a link or a file; move it away`;
}

async function gitDirs(repository: Repository): Promise<string[]> {
  const linked = path.join(repository.commonDir, 'worktrees');
  const names = await readdir(linked).catch(() => []);
  return [repository.commonDir, ...names.map((name) => path.join(linked, name))];
}

/** A rebase or bisection detaches HEAD, and moves its branch at the end. */
async function branchesInUse(gitDir: string): Promise<string[]> {
  const read = async (...file: string[]): Promise<string> =>
    (await readFile(path.join(gitDir, ...file), 'utf8').catch(() => '')).trim();
  const bisected = await read('BISECT_START');
  const refs = [
    await read('rebase-merge', 'head-name'),
    await read('rebase-apply', 'head-name'),
    ...(await read('rebase-merge', 'update-refs')).split('\n'),
    ...(bisected === '' ? [] : [`refs/heads/${bisected.replace(/^refs\/heads\//, '')}`]),
  ];
  return refs.filter((ref) => ref.startsWith('refs/heads/'));
}

function isSegment(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\\\0\n]/.test(name);
}
