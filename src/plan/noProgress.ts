import type { FailureReason } from '../events/failure.js';
import type { AttemptState } from '../state/runState.js';
import { countsAsAttempt } from './attemptEnds.js';

/** The same failure and the same amount of change so often in a row is nothing that one more attempt would change. */
const SAME_FAILURES = 3;

/**
 * Why a further attempt would get a story no further, in words; undefined while there is hope. Pure. Only what the agent
 * did counts: attempts that ended for another cause are left out, and a conflict with another story begins anew, since
 * the ground has moved.
 */
export function noProgress(attempts: readonly AttemptState[]): string | undefined {
  const judged = sinceConflict(attempts).filter(saysSomething);
  const [last, ...earlier] = judged.toReversed();
  if (last?.endedAt === undefined || last.success === true) return undefined;
  return silence(last, earlier) ?? repetition(last, earlier) ?? sameFailure([last, ...earlier]);
}

/** Twice in a row neither a word nor a change. */
function silence(last: AttemptState, [before]: readonly AttemptState[]): string | undefined {
  const isIdle = (attempt: AttemptState): boolean => attempt.silent === true && changed(attempt) === false;
  if (!before || !isIdle(last) || !isIdle(before)) return undefined;
  return `${both(before, last)} printed nothing and changed no file.`;
}

/** What an earlier attempt left already, whether just before or on the way round. */
function repetition(last: AttemptState, earlier: readonly AttemptState[]): string | undefined {
  const [before] = earlier;
  if (!before) return undefined;
  if (last.reason === 'no-changes' && before.reason === 'no-changes') return `${both(before, last)} changed no file.`;
  if (last.patch === undefined) return undefined;
  if (last.patch === before.patch) return `${both(before, last)} left the same changes.`;
  const same = earlier.find(({ patch }) => patch === last.patch);
  return (
    same && `The attempts go round in circles: attempt ${last.attempt} left what attempt ${same.attempt} had left.`
  );
}

function sameFailure(newestFirst: readonly AttemptState[]): string | undefined {
  const row = newestFirst.slice(0, SAME_FAILURES);
  if (
    row.length < SAME_FAILURES ||
    new Set(row.map(failureOf)).size > 1 ||
    row.some((one) => sizeOf(one) === undefined)
  )
    return undefined;
  return `The last ${SAME_FAILURES} attempts failed in the same way, with as many lines changed.`;
}

function failureOf(attempt: AttemptState): string {
  return JSON.stringify([attempt.reason, sizeOf(attempt), normalised(attempt.message ?? '')]);
}

function sizeOf(attempt: AttemptState): number | undefined {
  return changed(attempt) === false ? 0 : attempt.lines;
}

/** Whether it left a change; undefined when its journal is of a version that did not say which. */
function changed({ ref, patch }: AttemptState): boolean | undefined {
  if (ref === undefined) return false;
  return patch === undefined ? undefined : true;
}

/** Without what differs from one execution to the next. Counts stay: fewer failing tests are progress. */
function normalised(message: string): string {
  return message
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?|\b\d\d:\d\d:\d\d(?:\.\d+)?\b/g, '<time>')
    .replace(/\b(?:duration_ms[ :]+[\d.]+|[\d.]+ ?(?:ms|milliseconds|s|secs?|seconds|m|min|minutes)\b)/g, '<duration>')
    .replace(/[^\s'"()]*\.storyloop[\\/]worktrees[\\/][^\\/\s]+[\\/][^\\/\s'"():]+/g, '<worktree>')
    .replace(/\b0x[0-9a-f]+\b|\b[0-9a-f]{7,64}\b/gi, '<hex>')
    .replace(/\s+/g, ' ')
    .trim();
}

const both = (one: AttemptState, other: AttemptState): string => `Attempts ${one.attempt} and ${other.attempt}`;

function sinceConflict(attempts: readonly AttemptState[]): readonly AttemptState[] {
  return attempts.slice(attempts.findLastIndex(({ reason }) => reason === 'merge-conflict') + 1);
}

const notTheAgents: ReadonlySet<FailureReason | undefined> = new Set(['environment', 'git-failed']);

function saysSomething(attempt: AttemptState): boolean {
  return countsAsAttempt(attempt) && !notTheAgents.has(attempt.reason);
}
