import type { JSX } from 'preact';
import type { ShownStatus } from '../../src/state/liveness.js';
import type { RunState, StoryState } from '../../src/state/runState.js';
import { isLive, provedCriteria } from '../../src/state/selectors.js';
import { reasonText, storyLookIn } from '../../src/state/statusText.js';
import { Duration } from './duration.js';
import { Icon } from './icon.js';
import { Prose } from './prose.js';
import type { QuestionParts } from './questionList.js';
import { StoryDetails } from './storyDetails.js';

interface StoryCardProps extends QuestionParts {
  readonly run: RunState;
  readonly status: ShownStatus;
  readonly story: StoryState;
  readonly expanded: boolean;
  /** What a running command has said. */
  readonly output: (taskId: string) => string;
  readonly expand: (expanded: boolean) => void;
}

/** One story: its row, and what is known of it when opened. */
export function StoryCard({ run, status, story, expanded, output, expand, ...asking }: StoryCardProps): JSX.Element {
  const running = story.status === 'in_progress' && isLive({ status });
  const details = `details-${story.id}`;
  const look = storyLookIn(status, story);
  return (
    <li class={running ? 'story running' : 'story'}>
      <h3>
        <button
          type="button"
          id={`story-${story.id}`}
          class="story-row"
          data-story={story.id}
          aria-expanded={expanded}
          aria-controls={expanded ? details : undefined}
          onClick={() => {
            expand(!expanded);
          }}
        >
          <Icon name={expanded ? 'chevron-down' : 'chevron-right'} />
          <Icon name={look.icon} tone={look.tone} spin={look.spin} />
          <span class="story-name">
            <span class="story-id">{story.id}</span>{' '}
            <span class="story-title">
              <Prose text={story.title} />
            </span>
            {story.reason !== undefined && <span class="story-reason">{reasonText(story.reason)}</span>}
          </span>
          <StoryFigures run={run} status={status} story={story} />
        </button>
      </h3>
      {expanded && (
        <div id={details} class="story-details" role="group" aria-label={`Details of ${story.id}`}>
          <StoryDetails run={run} status={status} story={story} output={output} {...asking} />
        </div>
      )}
    </li>
  );
}

/** In columns, so that two hundred of them can be read from top to bottom. */
function StoryFigures({
  run,
  status,
  story,
}: {
  readonly run: RunState;
  readonly status: ShownStatus;
  readonly story: StoryState;
}): JSX.Element {
  const attempts = story.attempts.at(-1)?.attempt ?? 0;
  const proved = provedCriteria(story);
  // A story that a stopped run left open ended, for the clock, when the run did.
  const end = story.endedAt ?? (isLive({ status }) ? undefined : (run.endedAt ?? run.updatedAt));
  return (
    <span class="story-figures">
      <span class="figure-status">{storyLookIn(status, story).text}</span>
      <span class="figure-priority">
        {story.priority > 0 && <span title={`Priority ${story.priority}`}>P{story.priority}</span>}
      </span>
      <span class="figure-criteria">
        {story.criteria.length > 0 && (
          <span title={`${proved} of ${story.criteria.length} criteria proved`}>
            <Icon name="verified" tone="muted" />
            {proved}/{story.criteria.length}
            <span class="visually-hidden"> criteria proved</span>
          </span>
        )}
      </span>
      <span class="figure-attempts">
        {attempts > 0 && (
          <span title={attempts === 1 ? '1 attempt' : `${attempts} attempts`}>
            <Icon name="debug-restart" tone="muted" />
            {attempts}
            <span class="visually-hidden">{attempts === 1 ? ' attempt' : ' attempts'}</span>
          </span>
        )}
      </span>
      <span class="figure-duration">
        {story.startedAt !== undefined && <Duration from={story.startedAt} to={end} />}
      </span>
    </span>
  );
}
