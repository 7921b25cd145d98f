import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { Severity } from '../../src/events/severity.js';
import type { StatusLook } from '../../src/state/statusText.js';
import type { ShownEvent } from '../eventList.js';
import { Icon, StatusIcon } from './icon.js';

const severityLook: Readonly<Record<Severity, StatusLook>> = {
  debug: { icon: 'debug-alt-small', tone: 'muted', text: 'Debug' },
  info: { icon: 'info', tone: 'muted', text: 'Info' },
  warn: { icon: 'warning', tone: 'warning', text: 'Warning' },
  error: { icon: 'error', tone: 'bad', text: 'Error' },
};

const timeOfDay = new Intl.DateTimeFormat(undefined, {
  ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hourCycle: 'h23' },
});
const day = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });

interface EventRowProps {
  readonly entry: ShownEvent;
  /** The one that the Tab key stops at. */
  readonly isFirst: boolean;
}

/** An event in a line; opened, all of it as JSON. It never changes, so its row is made once. */
export function EventRow({ entry, isFirst }: EventRowProps): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  return useMemo(() => {
    const { event, line, severity } = entry;
    const about = [event.prd_id, event.story_id].filter((id) => id !== undefined).join(' · ');
    return (
      <li class="raw-event" data-id={event.id}>
        <button
          type="button"
          class="event-row"
          aria-expanded={isOpen}
          tabIndex={isFirst ? 0 : -1}
          onClick={() => {
            setOpen(!isOpen);
          }}
        >
          <Icon name={isOpen ? 'chevron-down' : 'chevron-right'} />
          <time dateTime={event.timestamp} title={event.timestamp}>
            {timeText(new Date(event.timestamp))}
          </time>
          <StatusIcon look={severityLook[severity]} />
          <code class="event-type">{event.type}</code>
          <span class="event-text">{line.text}</span>
          <span class="event-about muted">{about}</span>
        </button>
        {isOpen && (
          <pre class="event-json" tabIndex={0} aria-label="The event as JSON">
            {JSON.stringify(event, undefined, 2)}
          </pre>
        )}
      </li>
    );
  }, [entry, isFirst, isOpen]);
}

/** With the day, where it is another one. */
function timeText(time: Date): string {
  const at = timeOfDay.format(time);
  return time.toDateString() === new Date().toDateString() ? at : `${day.format(time)} ${at}`;
}
