import type { JSX, TargetedKeyboardEvent } from 'preact';
import { useMemo } from 'preact/hooks';
import type { ShownStatus } from '../../src/state/liveness.js';
import type { RunState, StoryState } from '../../src/state/runState.js';
import { openQuestions } from '../../src/state/questions.js';
import { isLive } from '../../src/state/selectors.js';
import type { Answers } from '../answers.js';
import type { HubView } from '../hubView.js';
import { chosenExpansion, type ViewState } from '../viewState.js';
import type { Actions } from './actions.js';
import { StoryCard } from './storyCard.js';

interface StoryListProps {
  readonly run: RunState;
  readonly hub: HubView;
  readonly view: ViewState;
  readonly answers: Answers;
  readonly actions: Actions;
}

/** All stories in the PRD's order. A story that runs, or asks, is open unless the user closed it. */
export function StoryList({ run, hub, view, answers, actions }: StoryListProps): JSX.Element {
  const status = hub.statusOf(run);
  return (
    <section class="stories" aria-labelledby="stories-heading">
      <h2 id="stories-heading">Stories</h2>
      {run.stories.size === 0 ? (
        <p class="muted">This run has not told its stories yet.</p>
      ) : (
        <ul class="story-list" onKeyDown={moveBetweenStories}>
          {[...run.stories.values()].map((story) => (
            <StoryItem
              key={story.id}
              run={run}
              story={story}
              hub={hub}
              expanded={
                chosenExpansion(view, run.id, story.id) ??
                ((story.status === 'in_progress' && isLive({ status })) ||
                  (answers.areRead(run, status) && openQuestions(story).length > 0))
              }
              status={status}
              answers={answers}
              actions={actions}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

interface StoryItemProps {
  readonly run: RunState;
  readonly status: ShownStatus;
  readonly story: StoryState;
  readonly hub: HubView;
  readonly expanded: boolean;
  readonly answers: Answers;
  readonly actions: Actions;
}

/** Renders again only what was touched: of two hundred stories, one or two are. */
function StoryItem({ run, status, story, hub, expanded, answers, actions }: StoryItemProps): JSX.Element {
  const version = hub.version(run) + hub.version(story) + (story.questions ? answers.version : 0);
  return useMemo(
    () => (
      <StoryCard
        run={run}
        status={status}
        story={story}
        expanded={expanded}
        answers={answers}
        actions={actions}
        output={(taskId) => hub.output(run.id, taskId)}
        expand={(open) => {
          actions.expandStory(run.id, story.id, open);
        }}
      />
    ),
    [run, status, story, hub, expanded, answers, actions, version],
  );
}

export const storyButtonId = (story: StoryState): string => `story-${story.id}`;

/** Arrow keys as in VS Code's trees: up and down between stories, right opens, left closes. */
function moveBetweenStories(event: TargetedKeyboardEvent<HTMLUListElement>): void {
  const { target, currentTarget } = event;
  if (!(target instanceof HTMLElement) || target.dataset['story'] === undefined) return;
  const buttons = [...currentTarget.querySelectorAll<HTMLElement>('[data-story]')];
  const at = buttons.indexOf(target);
  const expanded = target.getAttribute('aria-expanded') === 'true';
  switch (event.key) {
    case 'ArrowDown':
      buttons[at + 1]?.focus();
      break;
    case 'ArrowUp':
      buttons[at - 1]?.focus();
      break;
    case 'Home':
      buttons[0]?.focus();
      break;
    case 'End':
      buttons.at(-1)?.focus();
      break;
    case 'ArrowRight':
      if (!expanded) target.click();
      break;
    case 'ArrowLeft':
      if (expanded) target.click();
      break;
    default:
      return;
  }
  event.preventDefault();
}
