import type { JSX } from 'preact';
import type { Connection } from '../hubView.js';
import { Icon } from './icon.js';

interface EmptyStateProps {
  readonly connection: Connection;
  readonly eventsPage: string | undefined;
}

/** No run is known: says how to get one. */
export function EmptyState({ connection, eventsPage }: EmptyStateProps): JSX.Element {
  if (connection.kind === 'connecting') return <main class="empty connecting">Connecting…</main>;
  return (
    <main class="empty">
      <Icon name="checklist" tone="muted" />
      <h1>No runs yet</h1>
      <p>
        Run <b>Storyloop: Start PRD run</b> from the Command Palette, or <code>storyloop run prd.json</code> in a
        terminal. Its stories, criteria and events appear here as they happen.
      </p>
      {eventsPage !== undefined && (
        <a class="link" href={eventsPage}>
          All events
        </a>
      )}
    </main>
  );
}
