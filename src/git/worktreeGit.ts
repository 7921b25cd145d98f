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
}

/** Lets `action` work on a worktree's files with an index of its own; what git refuses ends it. */
export async function withWorktreeGit<T>(
  { worktree, scratch }: WorktreeFiles,
  action: (run: RunGit) => Promise<T>,
): Promise<Result<T, GitFailure>> {
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  const temporary = await mkdtemp(path.join(scratch, 'index-'));
  try {
    return ok(await action(await gitOfWorktree(worktree, path.join(temporary, 'index'))));
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
 * The repository is found from the folder above and named outright: the worktree's own `.git`, HEAD and index are the
 * agent's to break. Nothing is asked of them.
 */
async function gitOfWorktree(worktree: string, indexFile: string): Promise<RunGit> {
  const find = ['rev-parse', '--path-format=absolute', '--git-common-dir'];
  const commonDir = line(accepted(await git(path.dirname(worktree), find)));
  return async (args, options = {}) =>
    accepted(
      await git(worktree, [`--git-dir=${commonDir}`, `--work-tree=${worktree}`, ...args], { ...options, indexFile }),
    );
}
