import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { err, ok, type Result } from '../primitives/result.js';
import { git, type GitFailure, type GitOptions } from './git.js';

/** Runs git on a worktree's files; throws what git refuses, so that the steps read in order. Answers stdout. */
export type RunGit = (args: readonly string[], options?: GitOptions) => Promise<string>;

export interface WorktreeFiles {
  readonly worktree: string;
  /** Of the repository that it belongs to. */
  readonly commonDir: string;
  /** Folder for the temporary index, which a kill leaves there. */
  readonly scratch: string;
  /** Where objects are written instead of into the repository. */
  readonly objects?: string;
  /** By which a git that still runs after a kill is found again. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Files of an agent can make git wait for ever: a pipe named `.gitignore` does. */
const LONGEST_MS = 10 * 60_000;

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
  files: WorktreeFiles,
  action: (run: RunGit, indexFile: string) => Promise<T>,
): Promise<Result<T, GitFailure>> {
  await mkdir(files.scratch, { recursive: true, mode: 0o700 });
  const temporary = await mkdtemp(path.join(files.scratch, 'index-'));
  try {
    const indexFile = path.join(temporary, 'index');
    return ok(await action(gitOfWorktree(files, indexFile), indexFile));
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

/**
 * The repository is named outright: the worktree's own `.git`, HEAD and index, and the folders around it, are the agent's to
 * break. Nothing is asked of them.
 */
function gitOfWorktree({ worktree, commonDir, objects, env }: WorktreeFiles, indexFile: string): RunGit {
  const apart = objects === undefined ? {} : objectsApart({ objects, commonDir });
  return async (args, options = {}) =>
    accepted(
      await git(worktree, [`--git-dir=${commonDir}`, `--work-tree=${worktree}`, ...args], {
        ...options,
        indexFile,
        timeoutMs: LONGEST_MS,
        env: { ...options.env, ...env, ...apart },
      }),
    );
}
