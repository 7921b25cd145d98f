import type { Command } from 'commander';
import { dropIntent } from '../session/inbox.js';
import { objection, takesIntent } from '../state/possibleIntents.js';
import { askedText, openQuestions } from '../state/questions.js';
import { isLive } from '../state/selectors.js';
import { complain } from './complain.js';
import { ExitCode } from './exitCodes.js';
import { printable } from './printable.js';
import { chooseRun, findProject, knownRuns } from './project.js';

export function addAnswer(program: Command, exitWith: (code: ExitCode) => void): void {
  program
    .command('answer')
    .argument('<story>', 'its id, for example US-004')
    .argument('<answer>', 'for its agent')
    .argument('[run]', 'a run, a PRD id (or its beginning), or a PRD file; without it the newest')
    .option('--question <id>', 'which one, for example Q-2; without it the first that is open')
    .description('answer what the agent of a story asked, so that the story goes on')
    .action(async (story: string, answer: string, run: string | undefined, options: { question?: string }) => {
      exitWith(await sendAnswer({ storyId: story, answer, questionId: options.question }, run));
    });
}

interface Answer {
  readonly storyId: string;
  readonly answer: string;
  readonly questionId: string | undefined;
}

async function sendAnswer({ storyId, answer, questionId }: Answer, which: string | undefined): Promise<ExitCode> {
  const project = await findProject(process.cwd());
  if (!project.ok) return complain(project.error, ExitCode.blocked);
  const known = await knownRuns(project.value);
  const chosen = chooseRun(known, which);
  if (!chosen.ok) return complain(chosen.error, ExitCode.usage);
  const { state, interrupted } = chosen.value;
  const status = interrupted ? 'interrupted' : state.status;
  const runs = known.map((run) => run.state);
  if (!takesIntent(state, status, 'answer', runs))
    return complain(`${state.id} is ${status}; it asks nothing.`, ExitCode.usage);
  const story = state.stories.get(storyId);
  const questions = story ? openQuestions(story) : [];
  const question = questionId === undefined ? questions[0] : questions.find(({ id }) => id === questionId);
  const wish = { intent: 'answer', story_id: storyId, question_id: question?.id, answer: answer.trim() } as const;
  const why = objection(state, wish);
  if (why !== undefined) return complain(why, ExitCode.usage);
  await dropIntent(project.value.run(state.id), { ...wish, by: 'command line' }, Date.now());
  if (story && question) process.stdout.write(`Answered ${state.id}: ${printable(askedText(story, question))}\n`);
  if (!isLive({ status }))
    process.stdout.write(
      `It is ${status}. To go on with the answer: storyloop run --resume ${state.path ?? '<prd>'}\n`,
    );
  return ExitCode.done;
}
