import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { err, ok, type Result } from '../primitives/result.js';
import { git, type GitFailure, type GitOptions } from './git.js';
import { line } from './repository.js';

/** Runs git on a worktree's files; throws what git refuses, so that the steps read in order. Answers stdout. */
export type RunGit = (args: readonly string[], options?: GitOptions) => Promise<string>;

export interface WorktreeFiles {
  readonly worktree: string;
  /** Folder for the temporary index, which a kill leaves there. */
  readonly scratch: string;
  /** Where objects are written instead of into the repository. */
  readonly objects?: string;
}

/** A folder for objects that the repository is not to keep. */
export interface ObjectsApart {
  readonly objects: string;
  readonly commonDir: string;
}

/** As git's variables: what is made goes there, what the repository has is found as well. */
export function objectsApart({ objects, commonDir }: ObjectsApart): Readonly<Record<string, string>> {
  return {
    GIT_OBJECT_DIRECTORY: objects,
    GIT_ALTERNATE_OBJECT_DIRECTORIES: path.join(commonDir, 'objects'),
  };
}

/** Lets `action` work on a worktree's files with an index of its own; what git refuses ends it. */
export async function withWorktreeGit<T>(
  { worktree, scratch, objects }: WorktreeFiles,
  action: (run: RunGit, indexFile: string) => Promise<T>,
): Promise<Result<T, GitFailure>> {
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  const temporary = await mkdtemp(path.join(scratch, 'index-'));
  try {
    const indexFile = path.join(temporary, 'index');
    return ok(await action(await gitOfWorktree(worktree, indexFile, objects), indexFile));
  } catch (error) {
    if (error instanceof Refused) return err(error.failure);
    throw error;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

class Refused extends Error {
  constructor(readonly failure: GitFailure) {
    super(failure.stderr);
  }
}

function accepted(result: Result<string, GitFailure>): string {
  if (!result.ok) throw new Refused(result.error);
  return result.value;
}

/** Folder → the repository that it lies in, which stays where it is. */
const commonDirs = new Map<string, string>();

async function commonDirAbove(folder: string): Promise<string> {
  const known = commonDirs.get(folder);
  if (known !== undefined) return known;
  const find = ['rev-parse', '--path-format=absolute', '--git-common-dir'];
  const commonDir = line(accepted(await git(folder, find)));
  commonDirs.set(folder, commonDir);
  return commonDir;
}

/**
 * The repository is found from the folder above and named outright: the worktree's own `.git`, HEAD and index are the
 * agent's to break. Nothing is asked of them.
 */
async function gitOfWorktree(worktree: string, indexFile: string, objects: string | undefined): Promise<RunGit> {
  const commonDir = await commonDirAbove(path.dirname(worktree));
  const apart = objects === undefined ? {} : objectsApart({ objects, commonDir });
  return async (args, options = {}) =>
    accepted(
      await git(worktree, [`--git-dir=${commonDir}`, `--work-tree=${worktree}`, ...args], {
        ...options,
        indexFile,
        env: { ...options.env, ...apart },
      }),
    );
}
