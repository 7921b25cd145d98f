import { constants } from 'node:fs';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Config } from '../config/config.js';
import { firstLink } from '../git/firstOnWay.js';
import type { Repository } from '../git/repository.js';
import { filesToCopy } from '../plan/copies.js';
import { errorCode } from '../primitives/errorCode.js';
import { err, ok, type Result } from '../primitives/result.js';
import type { AttemptFailure } from './attemptFailure.js';

/** As much of the plan as copying needs. */
interface CopyPlan {
  readonly repository: Pick<Repository, 'root'>;
  readonly config: Pick<Config, 'copy'>;
}

/**
 * Gives a new worktree the user's own files that the configuration names (`copy`). What is there already is in git, and
 * stays. Answers what was copied: it is nobody's change.
 */
export async function copyFiles(
  { repository, config }: CopyPlan,
  worktree: string,
): Promise<Result<readonly string[], AttemptFailure>> {
  const { root } = repository;
  const files = await filesToCopy(root, config.copy ?? []);
  if (!files.ok) return cannot(files.error);
  const copied: string[] = [];
  for (const file of files.value) {
    const folder = path.posix.dirname(file);
    // Nothing is ever written through a link.
    const link = await firstLink(worktree, folder);
    if (link !== undefined)
      return cannot(`copy: ${file} has no place: ${link} is a symbolic link in git. Name others.`);
    try {
      await mkdir(path.join(worktree, folder), { recursive: true });
      if (await copyBeside(path.join(root, file), path.join(worktree, file))) copied.push(file);
    } catch (error) {
      return cannotCopy(file, error);
    }
  }
  return ok(copied);
}

/**
 * Makes the copies in a worktree what the user's own files are now: what an agent made of them is in no commit, and has no
 * say in how it is judged.
 */
export async function renewCopies(
  { repository }: Pick<CopyPlan, 'repository'>,
  worktree: string,
  copied: readonly string[],
): Promise<Result<void, AttemptFailure>> {
  for (const file of copied) {
    const folder = path.posix.dirname(file);
    try {
      if ((await firstLink(worktree, folder)) !== undefined) return cannot(`copy: ${folder} became a symbolic link.`);
      const to = path.join(worktree, file);
      await rm(to, { recursive: true, force: true });
      await mkdir(path.dirname(to), { recursive: true });
      await copyFile(path.join(repository.root, file), to, constants.COPYFILE_EXCL);
    } catch (error) {
      // The user may have removed it meanwhile.
      if (errorCode(error) !== 'ENOENT') return cannotCopy(file, error);
    }
  }
  return ok(undefined);
}

const cannot = (feedback: string): Result<never, AttemptFailure> => err({ reason: 'environment', feedback });

const cannotCopy = (file: string, error: unknown): Result<never, AttemptFailure> =>
  cannot(`copy: ${file} cannot be copied: ${String(error)}. See to it, or name others.`);

/** False when something is there already. */
async function copyBeside(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}
