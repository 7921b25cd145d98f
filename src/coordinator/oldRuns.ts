import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { gitText } from '../git/git.js';
import type { Repository } from '../git/repository.js';
import { deleteRefs, refsOfRun, type RunRef } from '../git/runRefs.js';
import { listWorktrees } from '../git/worktrees.js';
import type { ProjectPaths } from '../session/paths.js';
import { isLive } from '../state/selectors.js';
import type { RunState } from '../state/runState.js';

/** A run that is over for long enough, and why it stays all the same; undefined: nothing is lost with it. */
export interface OldRun {
  readonly run: RunState;
  readonly refs: readonly RunRef[];
  readonly kept: string | undefined;
}

/** Runs that ended before `before` (milliseconds since 1970). `runs`: all of the project. */
export async function oldRuns(repository: Repository, runs: readonly RunState[], before: number): Promise<OldRun[]> {
  const newest = new Map<string, RunState>();
  for (const run of runs) {
    const known = newest.get(run.prdId);
    if (!known || known.startedAt < run.startedAt) newest.set(run.prdId, run);
  }
  const old: OldRun[] = [];
  for (const run of runs) {
    if (isLive(run) || run.endedAt === undefined || Date.parse(run.endedAt) >= before) continue;
    const refs = await refsOfRun(repository.root, run.id);
    const kept = refs.ok
      ? newest.get(run.prdId) === run
        ? 'it is the last one of its PRD'
        : await whyKept(repository, run, refs.value)
      : gitText(refs.error);
    old.push({ run, refs: refs.ok ? refs.value : [], kept });
  }
  return old;
}

/** Deletes the refs, in one transaction that fails when one has moved meanwhile, and then the run's folder. */
export async function removeRun(
  repository: Repository,
  project: ProjectPaths,
  { run, refs }: OldRun,
): Promise<string | undefined> {
  const deleted = await deleteRefs(repository.root, refs);
  if (!deleted.ok) return gitText(deleted.error);
  // In one step: half a run would look like one.
  const { dir } = project.run(run.id);
  const gone = path.join(project.state, `removed-${run.id}`);
  await rename(dir, gone);
  await rm(gone, { recursive: true, force: true });
  return undefined;
}

/** Work that is nowhere else is never removed: a result, what an attempt of an unfinished story left, a worktree. */
async function whyKept(repository: Repository, run: RunState, refs: readonly RunRef[]): Promise<string | undefined> {
  const at = { ...repository, root: run.root ?? repository.root };
  if ((await listWorktrees(at, run.id)).length > 0) return 'a worktree of it is left; resume or look at it first';
  const tip = refs.find(({ storyId }) => storyId === undefined);
  if (tip && !tip.isMerged) return 'no branch has its result';
  const isNeeded = ({ storyId, isMerged }: RunRef): boolean =>
    storyId !== undefined && !isMerged && run.stories.get(storyId)?.status !== 'completed';
  const stories = [...new Set(refs.filter(isNeeded).map(({ storyId }) => storyId))];
  return stories.length === 0 ? undefined : `it has the only copy of attempts at ${stories.join(', ')}`;
}
