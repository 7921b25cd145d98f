import type { Result } from '../primitives/result.js';
import type { GitFailure } from './git.js';

export interface SnapshotCommit {
  readonly commit: string;
  readonly tree: string;
  /** Paths that differ from the base. Empty: the attempt changed nothing. */
  readonly files: readonly string[];
}

/**
 * Makes one commit on `base` of everything a worktree holds now, committed by the agent or not (ignored files left
 * out), without touching its index, its HEAD or any ref. `keep` are paths that stay as they are in `base`, whatever
 * the worktree says: the PRD file. Author and committer are the user's; no hooks, no signing prompt.
 */
export async function commitWorktree(options: {
  readonly worktree: string;
  readonly base: string;
  readonly keep: readonly string[];
  readonly message: string;
  readonly trailers: Readonly<Record<string, string>>;
}): Promise<Result<SnapshotCommit, GitFailure>> {
  await Promise.resolve();
  throw new Error(`stub ${options.worktree}`);
}
