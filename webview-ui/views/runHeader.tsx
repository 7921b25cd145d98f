import type { ComponentChildren, JSX } from 'preact';
import type { IntentName } from '../../src/events/catalogue.js';
import type { ShownStatus } from '../../src/state/liveness.js';
import type { RunState, StoryState } from '../../src/state/runState.js';
import { elapsedMs, isLive, nextLimit, progressPercent, remainingMs } from '../../src/state/selectors.js';
import { durationText, estimateText } from '../../src/state/durationText.js';
import { hasOpenQuestions, waitingText } from '../../src/state/questions.js';
import { plainText } from '../../src/state/outputText.js';
import { changedText, heldText, intentText, limitText, runLook } from '../../src/state/statusText.js';
import type { Answers } from '../answers.js';
import type { HubView } from '../hubView.js';
import type { Actions } from './actions.js';
import { Icon } from './icon.js';
import { RunControls } from './runControls.js';
import { RunPicker } from './runPicker.js';
import { useNow } from './useNow.js';

interface RunHeaderProps {
  readonly run: RunState;
  readonly hub: HubView;
  readonly pending: IntentName | undefined;
  readonly answers: Answers;
  readonly actions: Actions;
  readonly showStory: (story: StoryState) => void;
}

/** The run at a glance: what it is, how far it got, what it does now, and how to stop it. */
export function RunHeader({ run, hub, pending, answers, actions, showStory }: RunHeaderProps): JSX.Element {
  const percent = progressPercent(run);
  const status = hub.statusOf(run);
  const { icon, tone, text, spin } = runLook[status];
  // Nobody is there any more to do what was asked of the process that is gone.
  const asked = pending ?? run.requested;
  const requested = status === 'interrupted' && asked !== 'resume' ? undefined : asked;
  const current = [...run.stories.values()].filter((story) => story.status === 'in_progress');
  const asking = new Set(answers.waiting(run, status).map(({ address }) => address.story_id));
  return (
    <header class="run-header">
      <div class="run-title">
        <div class="run-name">
          <h1>{run.title}</h1>
          {run.external && <span class="badge">External</span>}
        </div>
        <RunPicker hub={hub} selected={run} selectRun={actions.selectRun} />
        <RunControls run={run} intents={hub.possibleIntents(run)} pending={pending} ask={actions.ask} />
      </div>
      <div class="run-status">
        <span class="run-status-text">
          <Icon name={icon} tone={tone} spin={spin} />
          <strong>{text}</strong>
          {requested && <span class="muted">{intentText(requested).waiting}</span>}
        </span>
        {isLive({ status }) && <CurrentStories stories={current} showStory={showStory} />}
      </div>
      <div class="run-progress">
        <progress class={`tone-${tone}`} max={100} value={percent} aria-label="Stories done" />
        <span class="percent">{percent}%</span>
      </div>
      <RunFigures run={run} status={status} />
      <RunNotes run={run} status={status} />
      <p class="visually-hidden" role="status" aria-live="polite">
        {summary(run, status, current, requested, asking)}
      </p>
    </header>
  );
}

function CurrentStories({
  stories,
  showStory,
}: {
  readonly stories: readonly StoryState[];
  readonly showStory: (story: StoryState) => void;
}): JSX.Element {
  return (
    <>
      {stories.map((story) => (
        <button
          key={story.id}
          type="button"
          class="link current-story"
          title={`Go to ${story.id}`}
          onClick={() => {
            showStory(story);
          }}
        >
          <span class="story-id">{story.id}</span> {story.title}
        </button>
      ))}
    </>
  );
}

interface RunPartProps {
  readonly run: RunState;
  readonly status: ShownStatus;
}

function RunFigures({ run, status }: RunPartProps): JSX.Element {
  const { completed, total, failed, proved, criteria } = run.counts;
  return (
    <ul class="figures" aria-label="Run figures">
      <Figure icon="checklist">
        <b>
          {completed}/{total}
        </b>{' '}
        stories
        {failed > 0 && <span class="failed-count">{`, ${failed} failed`}</span>}
      </Figure>
      {criteria > 0 && (
        <Figure icon="verified">
          <b>
            {proved} of {criteria}
          </b>{' '}
          criteria proved
        </Figure>
      )}
      <RunTimes run={run} status={status} />
      {run.branch !== undefined && (
        <Figure icon="git-branch" title={`Branch ${run.branch}`}>
          {run.branch}
        </Figure>
      )}
      {run.agent !== undefined && (
        <Figure icon="hubot" title={`Agent ${run.agent}`}>
          {run.agent}
        </Figure>
      )}
    </ul>
  );
}

function RunTimes({ run, status }: RunPartProps): JSX.Element {
  const live = isLive({ status });
  const now = useNow(live);
  // What ended without saying when, ended with its last event.
  const elapsed = elapsedMs(run, live ? now : Date.parse(run.updatedAt));
  const remaining = live ? remainingMs(run, now) : undefined;
  return (
    <Figure icon="clock" class={live ? 'times' : ''}>
      <b>{durationText(elapsed)}</b> elapsed
      {remaining !== undefined && (
        <>
          {' · '}
          <b>{estimateText(remaining)}</b> remaining
        </>
      )}
    </Figure>
  );
}

interface FigureProps {
  readonly icon: string;
  readonly title?: string;
  readonly class?: string;
  readonly children: ComponentChildren;
}

function Figure({ icon, title, class: name, children }: FigureProps): JSX.Element {
  return (
    <li class={name} title={title}>
      <Icon name={icon} tone="muted" />
      <span>{children}</span>
    </li>
  );
}

/** What the user should know and no figure says. */
function RunNotes({ run, status }: RunPartProps): JSX.Element {
  const ended = !isLive({ status }) && status !== 'completed';
  const held = heldText(run);
  // What it waits for stands below, with the way to answer.
  const isBelow = run.statusReason === waitingText(run) && hasOpenQuestions(run);
  const reason = isBelow ? undefined : run.statusReason;
  return (
    <>
      {status === 'interrupted' && (
        <Note icon="warning">The process that executed the run is gone. Resume goes on where it was.</Note>
      )}
      {status === 'running' && <LimitNote run={run} />}
      {reason !== undefined && <Note icon="info">{plainText(reason)}</Note>}
      {ended && run.lastError !== undefined && <Note icon="error">Last error: {plainText(run.lastError)}</Note>}
      {held !== undefined && <Note icon="warning">{plainText(held)}</Note>}
      {run.changed && <Note icon="warning">{plainText(changedText(run.path, run.changed))}</Note>}
      {run.branchBehind !== undefined && (
        <Note icon="warning">The branch does not have the result yet: {plainText(run.branchBehind)}</Note>
      )}
    </>
  );
}

/** With a countdown: nobody should have to work out how long that is. */
function LimitNote({ run }: { readonly run: RunState }): JSX.Element | null {
  const text = limitText(run);
  const now = useNow(text !== undefined);
  if (text === undefined) return null;
  const left = Math.max(0, Date.parse(nextLimit(run)?.until ?? '') - now);
  return (
    <Note icon="warning">
      {plainText(text)} <b>{durationText(left)}</b> left.
    </Note>
  );
}

const noteTone = { info: 'active', warning: 'warning', error: 'bad' } as const;

function Note({
  icon,
  children,
}: {
  readonly icon: keyof typeof noteTone;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <p class="note">
      <Icon name={icon} tone={noteTone[icon]} />
      <span>{children}</span>
    </p>
  );
}

/** Changes when something happened, not with the clock: it is read aloud. */
function summary(
  run: RunState,
  status: ShownStatus,
  current: readonly StoryState[],
  requested: IntentName | undefined,
  asking: ReadonlySet<string>,
): string {
  const { completed, total, proved, criteria } = run.counts;
  const working =
    current.length > 0 && isLive({ status }) ? ` Working on ${current.map(({ id }) => id).join(', ')}.` : '';
  const asked = requested ? ` ${intentText(requested).waiting}.` : '';
  return `${runLook[status].text}.${asked} ${completed} of ${total} stories done, ${proved} of ${criteria} criteria proved.${working}${waiting(asking)}`;
}

function waiting(asking: ReadonlySet<string>): string {
  return asking.size === 0 ? '' : ` ${[...asking].join(', ')} ${asking.size === 1 ? 'waits' : 'wait'} for an answer.`;
}
