import type { Command } from 'commander';
import { askHub } from '../client/hubHttp.js';
import { findHub } from '../client/provenHub.js';
import { listProjects } from '../session/projects.js';
import { ProjectPaths, UserPaths } from '../session/paths.js';
import type { RunState } from '../state/runState.js';
import { restoreHub, snapshotRun, type HubSnapshot } from '../state/snapshot.js';
import { interruptedLook, runLook } from '../state/statusText.js';
import { ExitCode } from './exitCodes.js';
import { printable } from './printable.js';
import { findProject, knownRuns, type KnownRun } from './project.js';

const answerWithinMs = 5_000;

export function addList(program: Command, exitWith: (code: ExitCode) => void): void {
  program
    .command('list')
    .description('all runs of all repositories, newest first, and what scripts told the hub of theirs')
    .option('--json', 'the folded states as JSON')
    .action(async (options: { json?: boolean }) => {
      exitWith(await list(options.json ?? false));
    });
}

/** `storyloop list`: the journals say it, hub or not; only the hub knows of external runs. */
async function list(json: boolean): Promise<ExitCode> {
  const user = new UserPaths();
  const runs = [...(await journaledRuns(user)), ...(await externalRuns(user))];
  runs.sort((a, b) => b.state.startedAt.localeCompare(a.state.startedAt) || (a.state.id < b.state.id ? 1 : -1));
  if (json) {
    const states = runs.map(({ state, interrupted }) => ({ ...snapshotRun(state), interrupted }));
    process.stdout.write(`${JSON.stringify({ runs: states })}\n`);
  } else {
    process.stdout.write(
      runs.length === 0 ? 'There are no runs. To start one: storyloop run <prd>\n' : table(runs.map(cellsOf)),
    );
  }
  return ExitCode.done;
}

/** Of every known repository, and of the one that this was called in. */
async function journaledRuns(user: UserPaths): Promise<KnownRun[]> {
  const here = await findProject(process.cwd());
  const folders = new Set((await listProjects(user)).map((project) => project.common_dir));
  if (here.ok) folders.add(here.value.commonDir);
  return (await Promise.all([...folders].map((folder) => knownRuns(new ProjectPaths(folder))))).flat();
}

async function externalRuns(user: UserPaths): Promise<KnownRun[]> {
  const hub = await findHub(user);
  const answer = hub && (await askHub(hub, '/api/state', { withinMs: answerWithinMs }));
  if (!answer?.ok) return [];
  const { runs } = restoreHub((answer.value as { state: HubSnapshot }).state);
  return [...runs.values()].filter((run) => run.external).map((state) => ({ state, interrupted: false }));
}

function cellsOf({ state, interrupted }: KnownRun): string[] {
  const started = state.startedAt.slice(0, 16).replace('T', ' ');
  return [
    started,
    (interrupted ? interruptedLook : runLook[state.status]).text,
    `${state.counts.completed}/${state.counts.total}`,
    state.prdId,
    state.external ? `external, from ${publisherOf(state)}` : state.id,
    state.title,
  ].map(printable);
}

/** `external:<publisher>:<prd>` */
const publisherOf = (run: RunState): string => run.id.split(':')[1] ?? '';

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
