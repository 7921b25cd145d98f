import type { CommandEnd } from '../processes/guarded.js';
import type { GateRun } from './gateRun.js';

/**
 * What a gate says of an attempt. `flaky`: it failed, and passed on the same files when run once more. `old-failure`: it
 * fails on the attempt's base as well, and no worse. `warning`: it failed, and is not required. `inconclusive`: it could not
 * find out. Only a failure sends the attempt back; only a pass proves.
 */
export type GateVerdict =
  | { readonly kind: 'passed' }
  | { readonly kind: 'flaky' }
  | { readonly kind: 'old-failure' }
  | { readonly kind: 'warning' }
  | { readonly kind: 'inconclusive' }
  /** `base`: what the gate said of the attempt's base, where that is known. */
  | { readonly kind: 'failed'; readonly base: 'passed' | { readonly worse: string } | undefined };

/** The verdict on a gate that failed, by what the same gate said of the attempt's base, where that is known. */
export function verdictOnFailure(run: GateRun, base: GateRun | undefined): GateVerdict {
  if (!base || !hasChecked(run.end) || !hasChecked(base.end)) return { kind: 'failed', base: undefined };
  if (base.passed) return { kind: 'failed', base: 'passed' };
  const worse = whatGotWorse(run, base);
  return worse === undefined ? { kind: 'old-failure' } : { kind: 'failed', base: { worse } };
}

/** A verdict, the execution that it is about, and the one on the base that it was compared with, if any. */
export interface Judged {
  readonly run: GateRun;
  readonly verdict: GateVerdict;
  readonly base?: GateRun | undefined;
}

/** The verdict on a gate that failed each time it was run on the same files: what is flaky about it is not held against it. */
export function verdictOnFailures(first: GateRun, again: GateRun | undefined, base: GateRun | undefined): Judged {
  const judged: Judged = { run: first, verdict: verdictOnFailure(first, base), base };
  if (judged.verdict.kind === 'old-failure' || !again) return judged;
  const verdict = verdictOnFailure(again, base);
  return verdict.kind === 'old-failure' ? { run: again, verdict, base } : judged;
}

/** The verdict on an audit that did not pass: what it found on the base, too, is not the attempt's. */
export function verdictOnAudit(run: GateRun, base: GateRun | undefined): Judged {
  if (run.isInconclusive) return { run, verdict: { kind: 'inconclusive' } };
  const [now, before] = [run.problems.vulnerabilities ?? 0, base?.problems.vulnerabilities];
  if (before === undefined) return { run, verdict: { kind: 'warning' } };
  return { run, verdict: { kind: now > before ? 'warning' : 'old-failure' }, base };
}

/** Whether another go on the same files may end otherwise, in a time that somebody wants to wait. */
export function mayBeFlaky({ passed, end }: GateRun): boolean {
  return !passed && hasChecked(end) && end.kind !== 'timed-out' && !isGoodExit(end);
}

/** Of a gate that failed: its coverage is too low, and will be. */
function isGoodExit(end: CommandEnd): boolean {
  return end.kind === 'exited' && end.exitCode === 0;
}

/** Whether the gate's program ran at all: one that is missing, on the base too, has checked nothing. */
function hasChecked(end: CommandEnd): boolean {
  switch (end.kind) {
    case 'exited':
      // What a shell, and with it npm, says of a command that it cannot find or execute.
      return end.exitCode !== 126 && end.exitCode !== 127;
    case 'signalled':
    case 'timed-out':
      return true;
    case 'over-memory':
    case 'stopped':
    case 'not-found':
      return false;
  }
}

/** In words; undefined when nothing that is known did. */
function whatGotWorse(run: GateRun, base: GateRun): string | undefined {
  if (run.end.kind === 'timed-out' && base.end.kind !== 'timed-out') return 'it takes too long now';
  if (isGoodExit(base.end) && !isGoodExit(run.end)) return 'only its coverage was too low before';
  if (run.isUncovered && base.coverage !== undefined && (run.coverage ?? 0) < base.coverage) {
    return `${run.coverage ?? 'unknown'} % of lines are covered, ${base.coverage} % were before`;
  }
  return moreProblems(run, base) ?? fewerTests(run, base);
}

/** What is only a warning to a check counts where it fails by nothing else. */
function moreProblems({ problems: now }: GateRun, { problems: before }: GateRun): string | undefined {
  const kind = now.errors === 0 && before.errors === 0 ? 'warnings' : 'errors';
  const [count, earlier] = [now[kind], before[kind]];
  return count !== undefined && earlier !== undefined && count > earlier
    ? `it finds ${count} ${kind}, ${earlier} before`
    : undefined;
}

function fewerTests(run: GateRun, base: GateRun): string | undefined {
  if (!base.counts) return undefined;
  if (!run.counts) return `of ${base.counts.passed} tests that passed nothing is known any more`;
  if (run.counts.failed > base.counts.failed) {
    return `${run.counts.failed} tests fail, ${base.counts.failed} did before`;
  }
  return run.counts.passed < base.counts.passed
    ? `${run.counts.passed} tests pass, ${base.counts.passed} did before`
    : undefined;
}
