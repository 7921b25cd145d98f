import type { JSX } from 'preact';
import type { Connection } from '../hubView.js';
import { Icon } from './icon.js';

/** No run is known: says how to get one. */
export function EmptyState({ connection }: { readonly connection: Connection }): JSX.Element {
  if (connection.kind === 'connecting') return <main class="empty connecting">Connecting…</main>;
  return (
    <main class="empty">
      <Icon name="checklist" tone="muted" />
      <h1>No runs yet</h1>
      <p>
        Run <b>Storyloop: Start PRD run</b> from the Command Palette, or <code>storyloop run prd.json</code> in a
        terminal. Its stories, criteria and events appear here as they happen.
      </p>
    </main>
  );
}
