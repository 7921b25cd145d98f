import { readdir, stat } from 'node:fs/promises';
import { errorCode } from '../primitives/errorCode.js';
import { syncFile } from '../records/durability.js';
import { scan } from '../records/scan.js';
import type { Terms } from '../records/terms.js';
import type { Holder } from './holder.js';
import type { ProjectPaths, RunPaths } from './paths.js';

/** The name under which an owner accepts a journal: relative to the project's state folder. */
export function journalName(runId: string, term: number): string {
  return `runs/${runId}/journal-${term}.jsonl`;
}

/** Names of the project's runs, oldest first. */
export async function runNames(project: ProjectPaths): Promise<string[]> {
  const entries = await readdir(project.runs, { withFileTypes: true }).catch(nothing);
  return entries
    .filter((entry) => entry.isDirectory() && /^run_[a-z0-9_]{1,60}$/.test(entry.name))
    .map((entry) => entry.name)
    .sort();
}

/** Terms under which a run's journal was written, lowest first. */
export async function journalTerms(run: RunPaths): Promise<number[]> {
  const entries = await readdir(run.dir, { withFileTypes: true }).catch(nothing);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => Number(/^journal-([1-9]\d{0,14})\.jsonl$/.exec(entry.name)?.[1] ?? 0))
    .filter((term) => term > 0)
    .sort((a, b) => a - b);
}

/** The PRD that a run executes: what its first record says. Undefined while there is none. */
export async function prdOfRun(run: RunPaths): Promise<string | undefined> {
  for (const term of await journalTerms(run)) {
    for await (const record of scan(run.journal(term))) {
      const prdId = record.value['prd_id'];
      return typeof prdId === 'string' ? prdId : undefined;
    }
  }
  return undefined;
}

/**
 * How far the journals count that nobody has accepted yet, over all runs of a PRD: what the next owner accepts, whatever
 * run it executes, so that no ghost can add to any of them.
 */
export async function undecidedLengths(
  project: ProjectPaths,
  prdId: string,
  terms: Terms<Holder>,
): Promise<Record<string, number>> {
  const lengths: Record<string, number> = {};
  const undecided = await terms.undecided();
  for (const runId of await runNames(project)) {
    const run = project.run(runId);
    const written = (await journalTerms(run)).filter((term) => undecided.includes(term));
    if (written.length === 0 || (await prdOfRun(run)) !== prdId) continue;
    for (const term of written) {
      lengths[journalName(runId, term)] = await wholeLength(run.journal(term));
    }
  }
  return lengths;
}

/**
 * Where the whole records of a file end; of a damaged one its size, so that whoever reads it comes upon the damage. They
 * are on disk then: a dead writer may not have come to that.
 */
async function wholeLength(file: string): Promise<number> {
  await syncFile(file);
  const { size } = await stat(file);
  const records = scan(file, { to: size });
  for (;;) {
    const next = await records.next();
    if (next.done) return next.value.kind === 'corrupt' ? size : next.value.end;
  }
}

function nothing(error: unknown): [] {
  if (errorCode(error) === 'ENOENT') return [];
  throw error;
}
