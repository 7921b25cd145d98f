import type { Command } from 'commander';
import { askHub } from '../client/hubHttp.js';
import { findHub } from '../client/provenHub.js';
import { listProjects } from '../session/projects.js';
import { ProjectPaths, UserPaths } from '../session/paths.js';
import { durationText } from '../state/durationText.js';
import {
  queuePlaces,
  runFigures,
  runTotals,
  type RunFigures,
  type RunTotals,
  type ShownRun,
} from '../state/runFigures.js';
import type { RunState } from '../state/runState.js';
import { restoreHub, snapshotRun, type HubSnapshot } from '../state/snapshot.js';
import { runLook } from '../state/statusText.js';
import { ExitCode } from './exitCodes.js';
import { printable } from './printable.js';
import { findProject, knownRuns, type KnownRun } from './project.js';

const answerWithinMs = 5_000;

export function addList(program: Command, exitWith: (code: ExitCode) => void): void {
  program
    .command('list')
    .description(
      'all runs of all repositories, newest first, with what each took, and what scripts told the hub of theirs',
    )
    .option('--json', 'the folded states as JSON')
    .action(async (options: { json?: boolean }) => {
      exitWith(await list(options.json ?? false));
    });
}

/** `storyloop list`: the journals say it, hub or not; only the hub knows of external runs. What each took, and all together. */
async function list(json: boolean): Promise<ExitCode> {
  const user = new UserPaths();
  const runs = [...(await journaledRuns(user)), ...(await externalRuns(user))];
  runs.sort((a, b) => b.state.startedAt.localeCompare(a.state.startedAt) || (a.state.id < b.state.id ? 1 : -1));
  const shown = runs.map(({ state, interrupted }): ShownRun => ({
    run: state,
    status: interrupted ? 'interrupted' : state.status,
  }));
  const places = queuePlaces(shown);
  const now = Date.now();
  if (json) {
    const states = shown.map((one) => ({
      ...snapshotRun(one.run),
      interrupted: one.status === 'interrupted',
      figures: { ...runFigures(one, now), ...(places.has(one.run.id) && { queuePlace: places.get(one.run.id) }) },
    }));
    process.stdout.write(`${JSON.stringify({ runs: states, totals: runTotals(shown) })}\n`);
  } else if (shown.length === 0) {
    process.stdout.write('There are no runs. To start one: storyloop run <prd>\n');
  } else {
    const rows = shown.map((one) => cellsOf(one, runFigures(one, now), places.get(one.run.id)));
    process.stdout.write(`${table(rows)}${totalsText(runTotals(shown))}\n`);
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

function cellsOf({ run, status }: ShownRun, figures: RunFigures, place: number | undefined): string[] {
  const started = run.startedAt.slice(0, 16).replace('T', ' ');
  const { durationMs, attempts, tokens, costUsd, peakMemoryBytes, peakDiskBytes } = figures;
  return [
    started,
    place === undefined ? runLook[status].text : `${runLook[status].text}, place ${place}`,
    `${run.counts.completed}/${run.counts.total}`,
    durationText(durationMs),
    `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`,
    tokens === 0 ? '' : `${tokens} tokens`,
    costUsd === undefined ? '' : `$${costUsd.toFixed(2)}`,
    peakMemoryBytes === undefined ? '' : `${megabytes(peakMemoryBytes)} memory`,
    peakDiskBytes === undefined ? '' : `${megabytes(peakDiskBytes)} disk`,
    run.prdId,
    run.external ? `external, from ${publisherOf(run)}` : run.id,
    run.title,
  ].map(printable);
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1_000_000)} MB`;

/** `3 runs: 2 completed, 1 queued. Success rate 100 %, mean time 2m 34s.` */
function totalsText({ runs, byStatus, successRate, meanDurationMs }: RunTotals): string {
  const counts = Object.entries(byStatus).map(([status, count]) => `${count} ${status}`);
  const ends =
    successRate === undefined || meanDurationMs === undefined
      ? ''
      : ` Success rate ${Math.round(successRate * 100)} %, mean time ${durationText(meanDurationMs)}.`;
  return `${runs} ${runs === 1 ? 'run' : 'runs'}: ${counts.join(', ')}.${ends}`;
}

/** `external:<publisher>:<prd>` */
const publisherOf = (run: RunState): string => run.id.split(':')[1] ?? '';

/** A column that is empty in all rows is left out. */
function table(all: readonly (readonly string[])[]): string {
  const rows = all.map((cells) => cells.filter((_, column) => all.some((row) => row[column] !== '')));
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
