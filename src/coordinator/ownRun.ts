import { newRunId } from '../events/ids.js';
import { underWay } from '../git/repository.js';
import { listRuns, readRun } from '../journal/readJournal.js';
import type { RunPlan } from '../plan/plan.js';
import { err, ok, type Result } from '../primitives/result.js';
import { Terms } from '../records/terms.js';
import { currentHolder, parseHolder } from '../session/holder.js';
import { Ownership } from '../session/ownership.js';
import type { RunState } from '../state/runState.js';
import { isLive } from '../state/selectors.js';
import type { RunEnd } from './runEnd.js';
import type { RunRequest } from './runRequest.js';

/** A run that this process owns. */
export interface Owned {
  readonly ownership: Ownership;
  readonly runId: string;
  readonly resumed: boolean;
  /** The PRD's run before this term: the same one when it is resumed. */
  readonly last: RunState | undefined;
}

/** Becomes the owner and decides which run it is: an unfinished one, or a new one. */
export async function ownRun(request: RunRequest): Promise<Result<Owned, RunEnd>> {
  const { plan, mode, clock } = request;
  const terms = plan.paths.terms(plan.prdId);
  for (;;) {
    const before = await new Terms(terms, parseHolder).highest();
    const { last, hasWaited } = await lastRunOf(plan);
    const unfinished = last && (isLive(last) || last.status === 'stopped') ? last.id : undefined;
    if (mode === 'resume' && unfinished === undefined && !hasWaited) return err({ kind: 'nothing-to-resume' });
    const resumed = mode !== 'fresh' && unfinished !== undefined;
    const obstacle = resumed ? undefined : await headElsewhere(plan.repository.root);
    if (obstacle !== undefined) return err({ kind: 'blocked', message: obstacle });
    const runId = resumed ? unfinished : newRunId(clock.now());
    const acquired = await Ownership.acquire({
      terms,
      lockFile: plan.paths.lock(plan.prdId),
      holder: currentHolder('storyloop run', runId),
      waitMs: request.waitMs,
      clock,
      logger: request.logger,
      signal: request.control.stopping,
      onWaiting: request.onWaiting,
    });
    if (!acquired.ok) return err({ kind: 'held', held: acquired.error });
    const ownership = acquired.value;
    // While we waited somebody else may have started or finished a run: decide again on what is true now.
    if (ownership.term === (before?.term ?? 0) + 1) return ok({ ownership, runId, resumed, last });
    await ownership[Symbol.asyncDispose]();
  }
}

/** Why a new run cannot build on HEAD now. */
export async function headElsewhere(root: string): Promise<string | undefined> {
  const operation = await underWay(root);
  if (operation === undefined) return undefined;
  const ends = {
    rebase: '"git rebase --continue" or "git rebase --abort"',
    am: '"git am --continue" or "git am --abort"',
    bisect: '"git bisect reset"',
  };
  return `git is in the middle of a ${operation} in ${root}, so HEAD is not where your work is. End it with ${ends[operation]}, then start again.`;
}

interface LastRun {
  /** The newest run of this PRD that began, as its journal tells it. */
  readonly last: RunState | undefined;
  /** Whether a newer one was ended while it waited for its turn: to go on with it is to begin. */
  readonly hasWaited: boolean;
}

async function lastRunOf(plan: RunPlan): Promise<LastRun> {
  let hasWaited = false;
  for (const runId of await listRuns(plan.paths)) {
    const state = await readRun(plan.paths, runId);
    if (state?.prdId !== plan.prdId) continue;
    if (state.base !== undefined) return { last: state, hasWaited };
    hasWaited ||= isLive(state) || state.status === 'stopped';
  }
  return { last: undefined, hasWaited };
}
