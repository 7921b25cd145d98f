import type { RunJournal } from '../journal/runJournal.js';
import type { RunPlan } from '../plan/plan.js';
import type { Held } from '../session/ownership.js';
import type { AppendFailure } from '../records/appender.js';
import type { RunState } from '../state/runState.js';
import type { Clock } from '../primitives/clock.js';
import { failpoint } from '../primitives/failpoint.js';
import { elapsedMs } from '../state/selectors.js';
import { branchMove } from './branches.js';
import type { Control, StopReason } from './control.js';
import { moveRefs, type Settlement } from './settle.js';

export type RunEnd =
  | { readonly kind: 'completed'; readonly state: RunState }
  | { readonly kind: 'unfinished'; readonly state: RunState }
  | { readonly kind: 'stopped'; readonly state: RunState }
  /** Nothing more can be done without a person's answer. */
  | { readonly kind: 'waiting'; readonly state: RunState }
  | { readonly kind: 'held'; readonly held: Held }
  | { readonly kind: 'nothing-to-resume' }
  /** Another owner took over; this process had no effect since. */
  | { readonly kind: 'lost' }
  | { readonly kind: 'blocked'; readonly message: string };

/** All that can be done is done. */
export async function recordCompleted(settlement: Settlement, clock: Clock): Promise<void> {
  const { journal, plan, branch, status } = settlement;
  await status.catchUp();
  const { state } = journal;
  const success = plan.prd.stories.every((story) => state.stories.get(story.id)?.status === 'completed');
  const behind = await followBranch(settlement);
  failpoint('coordinator.branch-followed');
  await journal.record('prd.completed', {
    success,
    status: success ? 'completed' : 'failed',
    completed_stories: state.counts.completed,
    failed_stories: state.counts.failed,
    total_stories: state.counts.total,
    duration_ms: elapsedMs(state, clock.now()),
    branch,
    ...(state.tip !== undefined && { tip: state.tip }),
    ...(behind !== undefined && { branch_behind: behind }),
  });
  failpoint('coordinator.run-completed');
}

/** The branch may have become free since the last story. Answers why it stays behind, if it does. */
async function followBranch({ plan, branch, journal, ...settlement }: Settlement): Promise<string | undefined> {
  const { tip } = journal.state;
  if (tip === undefined) return undefined;
  const move = await branchMove(plan, branch, tip);
  switch (move.kind) {
    case 'there':
      return undefined;
    case 'stays':
      return move.why;
    case 'move': {
      const moved = await moveRefs({ plan, branch, journal, ...settlement }, [move.update]);
      return moved.ok ? undefined : moved.error.stderr;
    }
  }
}

/** The run ends because a ceiling of its own is reached; raised, it goes on. */
export async function recordSpent({ journal, status }: Settlement, why: string): Promise<void> {
  await status.catchUp();
  await journal.record('prd.stopped', { reason: `${why}. Raise it to go on` });
}

/** Nothing more can be done without a person's answer; with it, the run goes on. */
export async function recordWaiting({ journal, status }: Settlement, why: string): Promise<void> {
  await status.catchUp();
  await journal.record('prd.stopped', { reason: why });
}

/** The run ends before it is through. `obstacle`: what a person has to look at before it can go on. */
export async function recordStopped(
  { plan, journal, status }: Settlement,
  reason: StopReason,
  obstacle: string | undefined,
): Promise<void> {
  if (reason !== 'lost' && reason !== 'journal') {
    await status.catchUp();
    if (obstacle !== undefined) await recordObstacle(journal, obstacle);
  }
  switch (reason) {
    case 'stop':
      await journal.record('prd.stopped', { reason: 'Stopped on request' });
      return;
    case 'signal':
      await journal.record('prd.stopped', { reason: 'The coordinator was told to end' });
      return;
    case 'run-timeout':
      await journal.record('prd.stopped', {
        reason: `The run took longer than ${plan.config.runTimeout} s (runTimeout)`,
      });
      return;
    case 'cancel':
      await journal.record('prd.cancelled', {});
      return;
    // The journal is somebody else's, or cannot be written: nothing may be said any more.
    case 'lost':
    case 'journal':
      return;
  }
}

/** The run cannot go on without a person. */
export async function blocked(journal: RunJournal, message: string): Promise<RunEnd> {
  await recordObstacle(journal, message);
  await journal.record('prd.stopped', { reason: message });
  return { kind: 'blocked', message };
}

async function recordObstacle(journal: RunJournal, message: string): Promise<void> {
  await journal.record(
    'error.occurred',
    { error: message, error_type: 'environment', retryable: true },
    { severity: 'error' },
  );
}

/** How the run ended, by its last word and what was wanted of it. */
export function endOf(journal: RunJournal, control: Control): RunEnd {
  const reason = control.stopReason;
  switch (reason) {
    case 'lost':
    case 'journal':
      return endUntold(reason);
    case 'stop':
    case 'cancel':
    case 'signal':
    case 'run-timeout':
    case undefined:
      return { kind: endKind(journal.state), state: journal.state };
  }
}

/** What has to end a run whose journal cannot be written. */
export function lossOf({ kind }: AppendFailure): 'lost' | 'journal' {
  return kind === 'fenced' ? 'lost' : 'journal';
}

/** The end of a run that its journal does not tell. */
export function endUntold(reason: 'lost' | 'journal'): RunEnd {
  if (reason === 'lost') return { kind: 'lost' };
  return { kind: 'blocked', message: 'The journal could not be written; see the disk. The run can be resumed.' };
}

/** Who asks to stop in the run's last moment asks too late. */
function endKind({ status }: RunState): 'completed' | 'unfinished' | 'stopped' {
  if (status === 'completed') return 'completed';
  return status === 'failed' ? 'unfinished' : 'stopped';
}

/** What to do about a full disk. */
export function diskFull(plan: RunPlan): string {
  return `The disk of ${plan.paths.state} is full. Make room and go on with: storyloop run ${plan.prdPath}`;
}
