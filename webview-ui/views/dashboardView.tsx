import type { JSX } from 'preact';
import type { StoryState } from '../../src/state/runState.js';
import type { HubView } from '../hubView.js';
import type { RunRequests } from '../runRequests.js';
import type { ViewState } from '../viewState.js';
import type { Actions } from './actions.js';
import { ConnectionBanner, ErrorBanner } from './banner.js';
import { EmptyState } from './emptyState.js';
import { EventFeed } from './eventFeed.js';
import { RunHeader } from './runHeader.js';
import { storyButtonId, StoryList } from './storyList.js';

interface DashboardViewProps {
  readonly hub: HubView;
  readonly requests: RunRequests;
  readonly view: ViewState;
  readonly actions: Actions;
  readonly eventsPage: string | undefined;
}

/** The whole page: one run, its stories, and what happens. */
export function DashboardView({ hub, requests, view, actions, eventsPage }: DashboardViewProps): JSX.Element {
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
      <RunHeader run={run} hub={hub} pending={requests.pending(run.id)} actions={actions} showStory={showStory} />
      <main class="panels" key={run.id}>
        <StoryList run={run} hub={hub} view={view} actions={actions} />
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
