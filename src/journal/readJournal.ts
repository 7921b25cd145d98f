import type { Envelope } from '../events/envelope.js';
import { scanAll } from '../records/scan.js';
import { Terms } from '../records/terms.js';
import { parseHolder, type Holder } from '../session/holder.js';
import { journalName, journalTerms, prdOfRun, runNames, undecidedLengths } from '../session/journalFiles.js';
import { executorOf } from '../session/ownership.js';
import type { ProjectPaths } from '../session/paths.js';
import { emptyRun, fold } from '../state/fold.js';
import type { RunState } from '../state/runState.js';
import { isLive } from '../state/selectors.js';
import { countedLength, takeEvents } from './journalEvents.js';

/** A run's events as far as they count, over all terms, in order. */
export interface JournalReading {
  readonly events: Envelope[];
  /**
   * Bytes that count, `runs/<run>/journal-<term>.jsonl → length`: what the next owner accepts. Of all runs of the PRD,
   * because their ghosts end with the same term.
   */
  readonly lengths: Record<string, number>;
  /** A journal that changed under us: stops the run. */
  readonly corrupt: { readonly file: string; readonly fault: string } | undefined;
}

/** Reads a run's journal; what no owner has accepted yet counts as far as it is whole now. */
export async function readJournal(project: ProjectPaths, prdId: string, runId: string): Promise<JournalReading> {
  const terms = termsOf(project, prdId);
  // First, so that the events are read exactly as far as will be accepted, whatever a ghost adds meanwhile.
  return read(project, runId, terms, await undecidedLengths(project, prdId, terms));
}

/** Folds a run's journal; undefined when there is none. */
export async function readRun(project: ProjectPaths, runId: string): Promise<RunState | undefined> {
  const prdId = await prdOfRun(project.run(runId));
  if (prdId === undefined) return undefined;
  const { events } = await read(project, runId, termsOf(project, prdId), {});
  const [first] = events;
  if (!first) return undefined;
  const run = emptyRun(first, false);
  for (const event of events) fold(run, event);
  return run;
}

/** Whether nobody executes a run that was seen to be live. */
export async function isInterrupted(project: ProjectPaths, prdId: string, runId: string): Promise<boolean> {
  if (await executorOf(project, prdId, runId)) return false;
  // Its owner may have let go meanwhile, which it does after its last word.
  const run = await readRun(project, runId);
  return run === undefined || isLive(run);
}

/** Runs of a project, newest first. */
export async function listRuns(project: ProjectPaths): Promise<string[]> {
  return (await runNames(project)).reverse();
}

async function read(
  project: ProjectPaths,
  runId: string,
  terms: Terms<Holder>,
  undecided: Readonly<Record<string, number>>,
): Promise<JournalReading> {
  const run = project.run(runId);
  const lengths = { ...undecided };
  const events: Envelope[] = [];
  let lastSeq = 0;
  for (const term of await journalTerms(run)) {
    const file = journalName(runId, term);
    const counted = await countedLength(terms, runId, term);
    const to = typeof counted === 'number' ? counted : undecided[file];
    const { records, end } = await scanAll(run.journal(term), to === undefined ? {} : { to });
    const taken = takeEvents(records, { runId, term, lastSeq, skip: 0 });
    for (const event of taken.events) events.push(event);
    lastSeq = taken.lastSeq;
    let fault = taken.fault;
    if (end?.kind === 'corrupt') fault ??= end.fault;
    if (to !== undefined && end && end.end < to) fault ??= 'shorter than it was';
    if (fault !== undefined) return { events, lengths, corrupt: { file, fault } };
    if (typeof counted !== 'number' && end) lengths[file] = end.end;
  }
  return { events, lengths, corrupt: undefined };
}

function termsOf(project: ProjectPaths, prdId: string): Terms<Holder> {
  return new Terms(project.terms(prdId), parseHolder);
}
