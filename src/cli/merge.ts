import type { Command } from 'commander';
import { gitText } from '../git/git.js';
import { mergeResult } from '../git/mergeResult.js';
import { resultOf } from '../state/runResult.js';
import { complain } from './complain.js';
import { ExitCode } from './exitCodes.js';
import { printable } from './printable.js';
import { chooseRun, findProject, knownRuns } from './project.js';

/** `storyloop merge [run]`: the result of a run into the branch that is checked out. */
export function addMerge(program: Command, exitWith: (code: ExitCode) => void): void {
  program
    .command('merge')
    .argument('[run]', 'a run, a PRD id (or its beginning), or a PRD file; without it the newest')
    .description(
      'merge the result of a run into the branch that is checked out; conflicts are told before anything changes',
    )
    .action(async (run: string | undefined) => {
      exitWith(await merge(run));
    });
}

async function merge(which: string | undefined): Promise<ExitCode> {
  const project = await findProject(process.cwd());
  if (!project.ok) return complain(project.error, ExitCode.blocked);
  const chosen = chooseRun(await knownRuns(project.value), which);
  if (!chosen.ok) return complain(chosen.error, ExitCode.usage);
  const { state, interrupted } = chosen.value;
  if (interrupted) {
    return complain(
      `${state.id} was interrupted. End it first: storyloop run --resume ${state.path ?? '<prd>'}`,
      ExitCode.usage,
    );
  }
  const result = resultOf(state);
  if (!result.ok) return complain(result.error, ExitCode.usage);
  const { commit, message } = result.value;
  const merged = await mergeResult(process.cwd(), commit, message);
  if (!merged.ok) return complain(gitText(merged.error), ExitCode.blocked);
  const end = merged.value;
  switch (end.kind) {
    case 'merged':
      say(
        `${end.branch} has it now (${end.to.slice(0, 8)}). To take it back: git reset --keep ${end.from.slice(0, 8)}`,
      );
      return ExitCode.done;
    case 'there':
      say(`${end.branch} has all of it already.`);
      return ExitCode.done;
    case 'conflicts':
      return complain(
        `${end.branch} contradicts the result in ${end.files.join(', ')}. Nothing was changed. To settle it yourself: git merge ${commit.slice(0, 8)}`,
        ExitCode.blocked,
      );
    case 'refused':
      return complain(end.why, ExitCode.blocked);
  }
}

function say(text: string): void {
  process.stdout.write(`${printable(text)}\n`);
}
