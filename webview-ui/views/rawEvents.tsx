import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { EventsPage } from '../eventsPage.js';
import { textFilter } from '../eventWish.js';
import { EventRow } from './eventRow.js';
import { Icon } from './icon.js';
import { useFollowing } from './useFollowing.js';

/** The events that are wanted, the newest first; the arrow keys go from one to the next. */
export function RawEvents({ page }: { readonly page: EventsPage }): JSX.Element {
  const { text } = page.wish;
  const passes = useMemo(() => textFilter(text), [text]);
  const { shown: kept } = page.list;
  const shown = kept.filter(passes).reverse();
  const { list, unseen, toNewest } = useFollowing(shown);
  return (
    <section class="raw-events" aria-labelledby="raw-events-heading">
      <div class="raw-events-head">
        <h2 id="raw-events-heading">Newest first</h2>
        <span class="muted raw-events-count">
          {shown.length === kept.length ? `${kept.length} events` : `${shown.length} of ${kept.length} events`}
        </span>
      </div>
      <div class="feed-body">
        {unseen > 0 && (
          <button type="button" class="unseen" onClick={toNewest}>
            <Icon name="arrow-up" />
            <span>{unseen} new</span>
          </button>
        )}
        <ol ref={list} class="raw-list" aria-label="Events, newest first" aria-busy={page.isBusy} onKeyDown={moveFocus}>
          {shown.map((entry, index) => (
            <EventRow key={entry.place} entry={entry} isFirst={index === 0} />
          ))}
          <li class="raw-end muted">
            <ListEnd page={page} isEmpty={shown.length === 0} />
          </li>
        </ol>
      </div>
    </section>
  );
}

function ListEnd({ page, isEmpty }: { readonly page: EventsPage; readonly isEmpty: boolean }): JSX.Element {
  const { dropped, limit, room } = page.list;
  return (
    <>
      {isEmpty && <p>{page.list.shown.length === 0 ? 'No events yet.' : 'No event has this text.'}</p>}
      {dropped > 0 && (
        <p>{`This page keeps ${limit} events. ${dropped} are not shown any more; the hub's log has them.`}</p>
      )}
      {dropped === 0 && room === 0 && <p>{`This page keeps ${limit} events. The hub's log has older ones.`}</p>}
      {page.hasOlder && (
        <span class="controls">
          <button
            type="button"
            onClick={() => {
              void page.loadOlder();
            }}
          >
            <Icon name="history" />
            Load older events
          </button>
        </span>
      )}
    </>
  );
}

/** One stop for the Tab key, however many events there are. */
function moveFocus(event: KeyboardEvent & { readonly currentTarget: HTMLElement }): void {
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('.event-row')];
  const at = rows.findIndex((row) => row === document.activeElement);
  if (at < 0) return;
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  rows[to]?.focus();
}
