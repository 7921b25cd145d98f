import type { JSX } from 'preact';
import type { EventsPage } from '../eventsPage.js';
import { ConnectionBanner, NoticeBanner } from './banner.js';
import { EventFilters } from './eventFilters.js';
import { FigureList } from './figureList.js';
import { Icon } from './icon.js';
import { RawEvents } from './rawEvents.js';

/** The page of all events: what is wanted, the events, and the hub's figures. */
export function EventsView({ page }: { readonly page: EventsPage }): JSX.Element {
  const { paused, waiting } = page.list;
  return (
    <div class="dashboard events-page">
      <ConnectionBanner connection={page.connection} />
      <NoticeBanner
        message={page.notice}
        dismiss={() => {
          page.dismissNotice();
        }}
      />
      <header class="events-header">
        <div class="run-title">
          <h1>Events</h1>
          <a class="link" href="/">
            Dashboard
          </a>
          <span class="controls">
            <button
              type="button"
              title="Empties this list; the hub keeps its log"
              onClick={() => {
                page.clear();
              }}
            >
              <Icon name="clear-all" />
              Clear
            </button>
            <button
              type="button"
              aria-pressed={paused}
              onClick={() => {
                page.pause(!paused);
              }}
            >
              <Icon name={paused ? 'play' : 'debug-pause'} />
              {paused ? `Resume (${waiting} new)` : 'Pause'}
            </button>
          </span>
        </div>
        <EventFilters page={page} />
      </header>
      <main class="panels">
        <RawEvents page={page} />
        <FigureList
          figures={page.figures}
          showType={(types) => {
            page.choose({ ...page.wish, types });
          }}
        />
      </main>
    </div>
  );
}
