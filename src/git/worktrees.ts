import type { Result } from '../primitives/result.js';
import type { GitFailure } from './git.js';
import type { Repository } from './repository.js';

/** Where an attempt works: `.storyloop/worktrees/<run>/<name>` in the repository, detached at `commit`. */
export async function addWorktree(
  repository: Repository,
  runId: string,
  name: string,
  commit: string,
): Promise<Result<string, GitFailure>> {
  await Promise.resolve();
  throw new Error(`stub ${repository.root} ${runId} ${name} ${commit}`);
}

/** Removes a worktree of ours, whatever state it is in; what it held must be a ref by now. */
export async function removeWorktree(repository: Repository, path: string): Promise<Result<void, GitFailure>> {
  await Promise.resolve();
  throw new Error(`stub ${repository.root} ${path}`);
}

/** Our worktrees that still exist, of one run. */
export async function listWorktrees(repository: Repository, runId: string): Promise<string[]> {
  await Promise.resolve();
  throw new Error(`stub ${repository.root} ${runId}`);
}

/** Branches that are checked out somewhere, as full ref names. */
export async function checkedOutBranches(repository: Repository): Promise<Result<Set<string>, GitFailure>> {
  await Promise.resolve();
  throw new Error(`stub ${repository.root}`);
}
