import type { IntentName, StoryIntentName } from '../events/catalogue.js';
import type { ShownStatus } from './liveness.js';
import type { RunState, StoryState } from './runState.js';
import { isLive } from './selectors.js';
import { askedText, isWaiting, openQuestions } from './questions.js';
import { lookOfStory } from './statusText.js';

/** What a person can ask of a run as it is now, for every view. `runs`: all that are known. */
export function possibleIntents(
  run: RunState,
  status: ShownStatus,
  runs: Iterable<RunState>,
): readonly Extract<IntentName, 'pause' | 'resume' | 'stop'>[] {
  if (run.external) return [];
  switch (status) {
    case 'running':
      if (run.requested === 'pause') return ['resume', 'stop'];
      // While it waits for the agent's limit, it can be told not to.
      return run.limits ? ['resume', 'pause', 'stop'] : ['pause', 'stop'];
    case 'paused':
      return ['resume', 'stop'];
    case 'queued':
      return ['stop'];
    case 'stopped':
    case 'interrupted':
      return isNewest(run, runs) ? ['resume'] : [];
    case 'completed':
    case 'failed':
    case 'cancelled':
      return [];
  }
}

/** A PRD goes on with its last run only. */
function isNewest(run: RunState, runs: Iterable<RunState>): boolean {
  for (const { external, project, prdId, startedAt } of runs) {
    if (!external && project === run.project && prdId === run.prdId && startedAt > run.startedAt) return false;
  }
  return true;
}

/** Whether a run takes an intent: one that is executed all of them; an answer has time until the run is taken up again. */
export function takesIntent(run: RunState, status: ShownStatus, intent: IntentName, runs: Iterable<RunState>): boolean {
  return isLive({ status }) || (intent === 'answer' && possibleIntents(run, status, runs).includes('resume'));
}

/** What is asked of a run, as it comes from a person or a client. */
export interface Wish {
  readonly intent: IntentName;
  readonly story_id?: string | undefined;
  readonly ac_index?: number | undefined;
  readonly question_id?: string | undefined;
  readonly answer?: string | undefined;
}

/** Why a run that is executed cannot do what is asked, in words; undefined when it can. The same for everybody who asks. */
export function objection(run: RunState, wish: Wish): string | undefined {
  const { intent, story_id: storyId, ac_index: index } = wish;
  if (!isAboutStory(intent)) return undefined;
  if (storyId === undefined) return `Name the story to ${intent}.`;
  const story = run.stories.get(storyId);
  if (!story) return `The run has no story "${storyId}".`;
  const criterion = story.criteria.find((one) => one.index === index);
  if (intent === 'accept' && !criterion)
    return `${storyId} has no criterion ${index ?? ''}. Name one, for example AC-1.`;
  if (intent === 'answer') return answerObjection(story, wish);
  if (possibleStoryIntents(story).includes(intent)) return undefined;
  return `${storyId} is ${lookOfStory(story).text.toLowerCase()}; it cannot be asked to ${intent}.`;
}

function answerObjection(story: StoryState, { question_id: id, answer }: Wish): string | undefined {
  const open = openQuestions(story);
  if (open.length === 0) return `${story.id} asks nothing.`;
  if (!open.some((question) => question.id === id))
    return `Name the question: ${open.map((question) => `${question.id}, ${askedText(story, question)}`).join('; ')}`;
  return answer === undefined || answer.trim() === '' ? 'Say what the answer is.' : undefined;
}

/** Without the catalogue's schemas, which take longer to make than the window has for its start. */
const storyIntents: Readonly<Record<StoryIntentName, true>> = {
  retry: true,
  skip: true,
  prioritise: true,
  accept: true,
  answer: true,
};

const isAboutStory = (intent: IntentName): intent is StoryIntentName => intent in storyIntents;

/** What a person can ask about a story of a run that is executed. */
export function possibleStoryIntents(story: StoryState): readonly StoryIntentName[] {
  const asked = openQuestions(story).length > 0 ? (['answer'] as const) : [];
  if (isWaiting(story)) return [...asked, 'skip', 'accept'];
  switch (story.status) {
    case 'open':
      return [...asked, 'prioritise', 'skip', 'accept'];
    case 'in_progress':
      return [...asked, 'skip', 'accept'];
    case 'completed':
      return ['accept'];
    case 'failed':
    case 'blocked':
      return ['retry', 'skip', 'accept'];
    case 'skipped':
      return ['retry', 'accept'];
  }
}
