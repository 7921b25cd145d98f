import { InvalidArgumentError, type Command } from 'commander';
import { oldRuns, removeRun } from '../coordinator/oldRuns.js';
import { openRepository } from '../git/repository.js';
import { ProjectPaths } from '../session/paths.js';
import { complain } from './complain.js';
import { ExitCode } from './exitCodes.js';
import { printable } from './printable.js';
import { knownRuns } from './project.js';

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;

interface CleanOptions {
  readonly olderThan: number;
  readonly dryRun?: boolean;
}

/** `storyloop clean`: removes old runs of this repository, but no work that is nowhere else. */
export function addClean(program: Command, exitWith: (code: ExitCode) => void): void {
  program
    .command('clean')
    .description('remove the records, attempts and refs of old runs; work that no branch has stays')
    .option('--older-than <days>', 'days since a run ended', days, DEFAULT_DAYS)
    .option('--dry-run', 'only say what would be removed')
    .action(async (options: CleanOptions) => {
      exitWith(await clean(options));
    });
}

function days(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !(number >= 0)) throw new InvalidArgumentError('Give a number of days, for example 30.');
  return number;
}

async function clean({ olderThan, dryRun = false }: CleanOptions): Promise<ExitCode> {
  const repository = await openRepository(process.cwd());
  if (!repository.ok) return complain(repository.error.message, ExitCode.blocked);
  const project = new ProjectPaths(repository.value.commonDir);
  const runs = (await knownRuns(project)).map(({ state }) => state);
  const old = await oldRuns(repository.value, runs, Date.now() - olderThan * DAY_MS);
  let removed = 0;
  for (const one of old) {
    const { run } = one;
    const name = `${run.id} (${run.title}, ${run.counts.completed}/${run.counts.total} stories)`;
    if (one.kept !== undefined) {
      say(`kept    ${name}: ${one.kept}`);
      continue;
    }
    const failure = dryRun ? undefined : await removeRun(repository.value, project, one);
    if (failure !== undefined) return complain(`${run.id} could not be removed: ${failure}`, ExitCode.blocked);
    say(`${dryRun ? 'old    ' : 'removed'} ${name}`);
    removed += 1;
  }
  if (removed === 0) say(`Nothing to remove: ${runs.length} runs, ${old.length} older than ${olderThan} days.`);
  return ExitCode.done;
}

function say(text: string): void {
  process.stdout.write(`${printable(text)}\n`);
}
