import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { git } from '../git/git.js';
import { isInterrupted, listRuns, readRun } from '../journal/readJournal.js';
import { prdId } from '../prd/prdId.js';
import { err, ok, type Result } from '../primitives/result.js';
import { ProjectPaths } from '../session/paths.js';
import type { RunState } from '../state/runState.js';
import { isLive } from '../state/selectors.js';

/** The repository that a command was called in, as far as looking at its runs needs it. */
export async function findProject(cwd: string): Promise<Result<ProjectPaths, string>> {
  const found = await git(cwd, ['rev-parse', '--path-format=absolute', '--git-common-dir']);
  if (!found.ok) {
    return err(
      found.error.kind === 'not-installed'
        ? 'git is not installed or not on PATH. Install it and try again.'
        : `${cwd} is in no git repository. Go into the repository whose runs you mean.`,
    );
  }
  return ok(new ProjectPaths(await realpath(found.value.trimEnd())));
}

export interface KnownRun {
  readonly state: RunState;
  /** Its journal says that it goes on, but no process executes it. */
  readonly interrupted: boolean;
}

/** The runs of a project, newest first. */
export async function knownRuns(project: ProjectPaths): Promise<KnownRun[]> {
  const runs: KnownRun[] = [];
  for (const runId of await listRuns(project)) {
    const state = await readRun(project, runId);
    if (state) runs.push({ state, interrupted: isLive(state) && (await isInterrupted(project, state.prdId, runId)) });
  }
  return runs;
}

/** One run by its id, its PRD's id (or an unambiguous beginning of either), or its PRD file; without a name the newest. */
export function chooseRun(runs: readonly KnownRun[], which: string | undefined): Result<KnownRun, string> {
  const [newest] = runs;
  if (!newest) return err('This repository has no runs. To start one: storyloop run <prd>');
  if (which === undefined) return ok(newest);
  const file = path.resolve(which);
  const named = runs.filter(
    ({ state }) =>
      state.id.startsWith(which) ||
      state.prdId.startsWith(which) ||
      (state.root !== undefined && state.path !== undefined && path.join(state.root, state.path) === file),
  );
  const [first] = named;
  if (!first) return err(`No run matches "${which}". storyloop status lists them.`);
  const prds = new Set(named.map(({ state }) => state.prdId));
  if (prds.size > 1) return err(`"${which}" is ambiguous: ${[...prds].join(', ')}`);
  return ok(first);
}

/** The id of the PRD in a file. Undefined outside a repository. */
export async function prdIdOfFile(file: string): Promise<string | undefined> {
  const prdFile = await realpath(file);
  const folder = path.dirname(prdFile);
  const root = await git(folder, ['rev-parse', '--path-format=absolute', '--show-toplevel']);
  const project = await findProject(folder);
  if (!root.ok || !project.ok) return undefined;
  return prdId({ root: await realpath(root.value.trimEnd()), commonDir: project.value.commonDir }, prdFile);
}
