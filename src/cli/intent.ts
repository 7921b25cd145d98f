import { InvalidArgumentError, type Command } from 'commander';
import { dropIntent, type Intent } from '../session/inbox.js';
import { objection } from '../state/possibleIntents.js';
import { isLive } from '../state/selectors.js';
import { complain } from './complain.js';
import { ExitCode } from './exitCodes.js';
import { chooseRun, findProject, knownRuns } from './project.js';

type Wish = Pick<Intent, 'intent' | 'now' | 'story_id' | 'ac_index'>;

const RUN = 'a run, a PRD id (or its beginning), or a PRD file; without it the newest';

/** `storyloop pause|resume|stop|cancel [run]` and `storyloop retry|skip|prioritise|accept <story> … [run]`. */
export function addIntents(program: Command, exitWith: (code: ExitCode) => void): void {
  const send = async (wish: Wish, run: string | undefined): Promise<void> => {
    exitWith(await sendIntent(wish, run));
  };
  program
    .command('pause')
    .argument('[run]', RUN)
    .description('pause a run of this repository, once the attempts that run have ended')
    .option('--now', 'stop the attempts that run; what they did is kept')
    .action((run: string | undefined, { now }: { now?: boolean }) => send({ intent: 'pause', now }, run));
  for (const intent of ['resume', 'stop', 'cancel'] as const) {
    program
      .command(intent)
      .argument('[run]', RUN)
      .description(`${intent} a run of this repository`)
      .action((run: string | undefined) => send({ intent }, run));
  }
  const ofStories = {
    retry: 'give a story more attempts that failed or was left out',
    skip: 'leave a story out; what its attempt did is kept',
    prioritise: 'begin a story before the others',
  };
  for (const intent of ['retry', 'skip', 'prioritise'] as const) {
    program
      .command(intent)
      .argument('<story>', 'its id, for example US-004')
      .argument('[run]', RUN)
      .description(ofStories[intent])
      .action((story: string, run: string | undefined) => send({ intent, story_id: story }, run));
  }
  program
    .command('accept')
    .argument('<story>', 'its id, for example US-004')
    .argument('<criterion>', 'its id, for example AC-2', criterionIndex)
    .argument('[run]', RUN)
    .description('say that a criterion holds, where no check can')
    .action((story: string, index: number, run: string | undefined) =>
      send({ intent: 'accept', story_id: story, ac_index: index }, run),
    );
}

function criterionIndex(value: string): number {
  const index = /^(?:AC-)?([1-9]\d{0,3})$/i.exec(value)?.[1];
  if (index === undefined) throw new InvalidArgumentError('Name a criterion, for example AC-2.');
  return Number(index);
}

/** The same intent that VS Code and the hub drop. */
async function sendIntent(wish: Wish, which: string | undefined): Promise<ExitCode> {
  const project = await findProject(process.cwd());
  if (!project.ok) return complain(project.error, ExitCode.blocked);
  const chosen = chooseRun(await knownRuns(project.value), which);
  if (!chosen.ok) return complain(chosen.error, ExitCode.usage);
  const { state, interrupted } = chosen.value;
  if (interrupted || !isLive(state)) {
    const now = interrupted ? 'interrupted' : state.status;
    return complain(`${state.id} is ${now}. To go on: storyloop run --resume ${state.path ?? '<prd>'}`, ExitCode.usage);
  }
  const why = objection(state, wish);
  if (why !== undefined) return complain(why, ExitCode.usage);
  await dropIntent(project.value.run(state.id), { ...wish, by: 'command line' }, Date.now());
  const asked = [wish.intent, wish.story_id, wish.ac_index && `AC-${wish.ac_index}`].filter(Boolean).join(' ');
  process.stdout.write(`Asked ${state.id}: ${asked}.\n`);
  return ExitCode.done;
}
