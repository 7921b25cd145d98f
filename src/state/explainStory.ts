import type { ShownStatus } from './liveness.js';
import type { RunState, StoryState } from './runState.js';
import { isWaiting, openQuestions, questionTexts } from './questions.js';
import { currentStories, isLive } from './selectors.js';
import { foreseenText, limitText, lookOfStory, reasonText, waitsText } from './statusText.js';

/** Why a story is where it is, and what it waits for, in sentences. Pure; `status` is the run's as people see it. */
export function explainStory(run: RunState, status: ShownStatus, story: StoryState): string[] {
  switch (story.status) {
    case 'completed':
      return [`${story.id} is done${story.attempts.length > 0 ? '' : ': it was before this run'}.`];
    case 'skipped':
      return [`${story.id} was left out. To do it after all: storyloop retry ${story.id}`];
    case 'failed':
      return [failure(story), ...lastWords(story), ...advice(status, story)];
    case 'in_progress':
      return isLive({ status })
        ? [...progress(run, story), ...questions(story)]
        : [`${story.id} was begun. ${nobody(run, status)}`];
    case 'blocked':
    case 'open': {
      if (isWaiting(story)) return waiting(run, status, story);
      const waits = obstacles(run, story);
      if (waits.length > 0) return [`${story.id} has not begun.`, ...waits];
      return isLive({ status }) ? turn(run, status, story) : [`${story.id} could begin. ${nobody(run, status)}`];
    }
  }
}

function waiting(run: RunState, status: ShownStatus, story: StoryState): string[] {
  const isOpen = openQuestions(story).length > 0;
  return [
    `${story.id} waits for ${isOpen ? 'an answer' : 'its turn: its questions are answered'}.`,
    ...questions(story),
    ...(isLive({ status }) ? [] : [nobody(run, status)]),
  ];
}

/** What it asked, and how to answer. */
const questions = (story: StoryState): string[] => [
  ...questionTexts(story),
  ...(openQuestions(story).length > 0 ? [`To answer: storyloop answer ${story.id} "…"`] : []),
];

function progress(run: RunState, story: StoryState): string[] {
  const attempt = story.attempts.at(-1);
  const doing = story.commands.map(({ command, kind }) => `${kind ?? 'command'} ${command}`);
  const gates = story.gates.filter((gate) => gate.status === 'running').map(({ name }) => `gate ${name}`);
  const now = [...doing, ...gates].join(', ');
  const limit = now === '' ? limitText(run) : undefined;
  return [
    `${story.id} is running, attempt ${attempt?.attempt ?? 1}${now === '' ? '' : `: ${now}`}.`,
    ...(limit === undefined ? [] : [limit]),
    ...foreseenText(story).map((text) => `${text}, as things stand. Whoever comes second gets both sides to settle.`),
    ...lastWords(story),
  ];
}

/** What it depends on that is not done, each with why, and with what that waits for in turn. */
function obstacles(run: RunState, story: StoryState, seen: ReadonlySet<string> = new Set()): string[] {
  return story.dependsOn.flatMap((id) => {
    const other = run.stories.get(id);
    if (!other || other.status === 'completed' || seen.has(id)) return [];
    const word = other.status === 'failed' ? failure(other) : `${id} is ${lookOfStory(other).text.toLowerCase()}.`;
    const further =
      other.status === 'open' || other.status === 'blocked' ? obstacles(run, other, new Set([...seen, id])) : [];
    return [`It depends on ${id}. ${word}`, ...further];
  });
}

/** Nothing is in its way but the others. */
function turn(run: RunState, status: ShownStatus, story: StoryState): string[] {
  if (status === 'paused') return [`${story.id} could begin. The run is paused; storyloop resume goes on.`];
  const limit = limitText(run);
  if (limit !== undefined) return [`${story.id} could begin.`, limit];
  const waits = waitsText(story).map((text) => `${text}.`);
  if (waits.length > 0) return [`${story.id} could begin, but not beside whoever works in its files.`, ...waits];
  const others = currentStories(run).map(({ id }) => id);
  const before = [...run.stories.values()].filter(({ waitsFor }) => waitsFor !== undefined).map(({ id }) => id);
  if (before.length > 0 && others.length < (run.workers ?? 0)) {
    return [`${story.id} comes after ${before.join(', ')}: others work in the files of all of them.`];
  }
  const workers =
    run.workers === undefined ? 'All workers' : run.workers === 1 ? 'The one worker' : `All ${run.workers} workers`;
  return [
    `${story.id} can begin as soon as a worker is free. ${workers} ${run.workers === 1 ? 'is' : 'are'} busy: ${others.join(', ')}.`,
    `To begin it before others: storyloop prioritise ${story.id}`,
  ];
}

const failure = (story: StoryState): string =>
  `${story.id} failed${story.reason === undefined ? '' : `: ${reasonText(story.reason).toLowerCase()}`}.`;

function lastWords(story: StoryState): string[] {
  const ended = story.attempts.findLast((attempt) => attempt.success === false);
  if (!ended) return [];
  const reason = ended.reason === undefined ? '' : ` (${reasonText(ended.reason).toLowerCase()})`;
  return [`Attempt ${ended.attempt} did not succeed${reason}: ${firstLines(ended.message ?? 'it said nothing')}`];
}

const advice = (status: ShownStatus, story: StoryState): string[] =>
  isLive({ status }) ? [`To give it more attempts: storyloop retry ${story.id}`] : [];

const nobody = ({ path }: RunState, status: ShownStatus): string =>
  `The run is ${status}; nobody executes it. To go on: storyloop run ${path ?? '<prd>'}`;

const firstLines = (text: string): string => text.split('\n').slice(0, 12).join('\n  ');
