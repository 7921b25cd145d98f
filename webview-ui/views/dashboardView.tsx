import type { JSX } from 'preact';
import type { StoryState } from '../../src/state/runState.js';
import type { Answers } from '../answers.js';
import type { HubView } from '../hubView.js';
import type { RunRequests } from '../runRequests.js';
import type { ViewState } from '../viewState.js';
import type { Actions } from './actions.js';
import { ConnectionBanner, ErrorBanner } from './banner.js';
import { EmptyState } from './emptyState.js';
import { EventFeed } from './eventFeed.js';
import { RunHeader } from './runHeader.js';
import { storyButtonId, StoryList } from './storyList.js';
import { WaitingBanner } from './waitingBanner.js';

interface DashboardViewProps {
  readonly hub: HubView;
  readonly requests: RunRequests;
  readonly answers: Answers;
  readonly view: ViewState;
  readonly actions: Actions;
  readonly eventsPage: string | undefined;
}

/** The whole page: one run, its stories, and what happens. */
export function DashboardView({ hub, requests, answers, view, actions, eventsPage }: DashboardViewProps): JSX.Element {
  const run = (view.run === undefined ? undefined : hub.runs.get(view.run)) ?? hub.newestRun();
  const banners = (
    <>
      <ConnectionBanner connection={hub.connection} />
      <ErrorBanner message={requests.error} dismiss={actions.dismissError} />
    </>
  );
  if (!run) {
    return (
      <div class="dashboard">
        {banners}
        <EmptyState connection={hub.connection} eventsPage={eventsPage} />
      </div>
    );
  }
  const showStory = (story: StoryState): void => {
    const button = document.getElementById(storyButtonId(story));
    button?.scrollIntoView({ block: 'start' });
    button?.focus({ preventScroll: true });
  };
  return (
    <div class="dashboard">
      <button
        type="button"
        class="skip"
        onClick={() => {
          document.getElementById('feed')?.focus();
        }}
      >
        Skip to live events
      </button>
      {banners}
      <RunHeader {...{ run, hub, answers, actions, showStory }} pending={requests.pending(run.id)} />
      <WaitingBanner run={run} status={hub.statusOf(run)} answers={answers} actions={actions} />
      <main class="panels" key={run.id}>
        <StoryList run={run} hub={hub} view={view} answers={answers} actions={actions} />
        <EventFeed
          entries={hub.feed(run.id)}
          filter={view.filter}
          setFilter={actions.setFilter}
          eventsPage={eventsPage}
        />
      </main>
    </div>
  );
}
