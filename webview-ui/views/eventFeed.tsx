import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { feedFilter } from '../feedFilter.js';
import type { FeedEntry } from '../hubView.js';
import { Icon } from './icon.js';
import { useFollowing } from './useFollowing.js';

interface EventFeedProps {
  /** Oldest first. */
  readonly entries: readonly FeedEntry[];
  readonly filter: string;
  readonly setFilter: (filter: string) => void;
  /** Where all events are, of every run. */
  readonly eventsPage: string | undefined;
}

const timeOfDay = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

/** What happened, the newest first. Stays where the user scrolled to, and says how much is new above. */
export function EventFeed({ entries, filter, setFilter, eventsPage }: EventFeedProps): JSX.Element {
  const passes = useMemo(() => feedFilter(filter), [filter]);
  const shown = entries.filter(passes).reverse();
  const { list, unseen, toNewest } = useFollowing(shown);
  return (
    <section class="feed" aria-labelledby="feed-heading" id="feed" tabIndex={-1}>
      <div class="feed-head">
        <h2 id="feed-heading">Live events</h2>
        <label class="feed-filter">
          <span class="visually-hidden">Filter events</span>
          <input
            type="search"
            placeholder="Filter: story.*, US-003, text"
            value={filter}
            spellcheck={false}
            onInput={({ currentTarget }) => {
              setFilter(currentTarget.value);
            }}
          />
        </label>
        {eventsPage !== undefined && (
          <a class="link" href={eventsPage}>
            All events
          </a>
        )}
      </div>
      <div class="feed-body">
        {unseen > 0 && (
          <button type="button" class="unseen" onClick={toNewest}>
            <Icon name="arrow-up" />
            <span>{unseen} new</span>
          </button>
        )}
        <ol ref={list} class="feed-list" tabIndex={0} aria-label="Events, newest first">
          {shown.map((entry) => (
            <FeedRow key={entry.event.id} entry={entry} />
          ))}
        </ol>
        {shown.length === 0 && (
          <p class="muted feed-empty">{entries.length === 0 ? 'No events yet.' : 'No event matches the filter.'}</p>
        )}
      </div>
    </section>
  );
}

/** An event never changes, so its row is made once. */
function FeedRow({ entry }: { readonly entry: FeedEntry }): JSX.Element {
  return useMemo(() => {
    const { event, line } = entry;
    return (
      <li>
        <time dateTime={event.timestamp}>{timeOfDay.format(Date.parse(event.timestamp))}</time>
        <Icon name={line.icon} tone={line.tone} />
        <span class="feed-text" title={line.text}>
          {line.text}
        </span>
        <span class="feed-about">
          {line.story !== undefined && <span class="story-id">{line.story}</span>}
          <span class="feed-type">{event.type}</span>
        </span>
      </li>
    );
  }, [entry]);
}
