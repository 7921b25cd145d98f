import type { GitFailure } from '../git/git.js';
import { checkOutTree, mergeTrees } from '../git/rebase.js';
import type { WorktreeFiles } from '../git/worktreeGit.js';
import { failpoint } from '../primitives/failpoint.js';
import { ok, type Result } from '../primitives/result.js';
import type { AttemptState } from '../state/runState.js';

/**
 * After an attempt that did not fit on the tip, the next one begins with both sides in its files. Answers those that hold
 * conflict markers; none when there was no conflict.
 */
export async function layOutConflict(
  cwd: string,
  files: WorktreeFiles,
  base: string,
  before: AttemptState | undefined,
): Promise<Result<readonly string[], GitFailure>> {
  if (before?.reason !== 'merge-conflict' || before.commit === undefined) return ok([]);
  const merged = await mergeTrees(cwd, base, before.commit);
  if (!merged.ok) return merged;
  const laidOut = await checkOutTree(files, { from: base, to: merged.value.tree });
  failpoint('coordinator.conflict-laid-out');
  return laidOut.ok ? ok(merged.value.conflicts) : laidOut;
}
