import type { WorktreeFiles } from '../git/worktreeGit.js';
import type { RunPlan } from '../plan/plan.js';
import { MARKER, withMarker } from '../processes/markers.js';
import type { RunPaths } from '../session/paths.js';

interface RunParts {
  readonly plan: RunPlan;
  readonly runId: string;
  readonly run: RunPaths;
}

/** The files of an attempt's worktree, as git is to work on them. */
export function worktreeFiles({ plan, runId, run }: RunParts, worktree: string): WorktreeFiles {
  const { commonDir } = plan.repository;
  return { worktree, commonDir, scratch: run.scratch, env: { [MARKER]: withMarker(process.env[MARKER], runId) } };
}
