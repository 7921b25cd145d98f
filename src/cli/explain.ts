import type { Command } from 'commander';
import { explainStory } from '../state/explainStory.js';
import { complain } from './complain.js';
import { ExitCode } from './exitCodes.js';
import { printable } from './printable.js';
import { chooseRun, findProject, knownRuns } from './project.js';

/** `storyloop explain US-004 [run]`: why it is not running. */
export function addExplain(program: Command, exitWith: (code: ExitCode) => void): void {
  program
    .command('explain')
    .argument('<story>', 'its id, for example US-004')
    .argument('[run]', 'a run, a PRD id (or its beginning), or a PRD file; without it the newest')
    .description('why a story is where it is, and what it waits for')
    .action(async (story: string, run: string | undefined) => {
      exitWith(await explain(story, run));
    });
}

async function explain(id: string, which: string | undefined): Promise<ExitCode> {
  const project = await findProject(process.cwd());
  if (!project.ok) return complain(project.error, ExitCode.blocked);
  const chosen = chooseRun(await knownRuns(project.value), which);
  if (!chosen.ok) return complain(chosen.error, ExitCode.usage);
  const { state, interrupted } = chosen.value;
  const story = state.stories.get(id);
  if (!story) {
    const ids = [...state.stories.keys()].join(', ');
    return complain(`${state.id} has no story "${id}". It has: ${ids}`, ExitCode.usage);
  }
  const sentences = explainStory(state, interrupted ? 'interrupted' : state.status, story);
  for (const sentence of sentences) process.stdout.write(`${sentence.split('\n').map(printable).join('\n')}\n`);
  return ExitCode.done;
}
