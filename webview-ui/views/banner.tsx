import type { JSX } from 'preact';
import type { Connection } from '../hubView.js';
import { Icon } from './icon.js';

/** Says that what is shown may be old. */
export function ConnectionBanner({ connection }: { readonly connection: Connection }): JSX.Element | null {
  if (connection.kind !== 'lost') return null;
  return (
    <div class="banner tone-warning" role="alert">
      <Icon name="debug-disconnect" tone="warning" />
      <span>{connection.message ?? 'Not connected to the hub. Shown is the last known state; trying again.'}</span>
    </div>
  );
}

interface ErrorBannerProps {
  readonly message: string | undefined;
  readonly dismiss: () => void;
}

/** What the user asked for and did not get. */
export function ErrorBanner({ message, dismiss }: ErrorBannerProps): JSX.Element | null {
  if (message === undefined) return null;
  return (
    <div class="banner tone-bad" role="alert">
      <Icon name="error" tone="bad" />
      <span>{message}</span>
      <button type="button" class="icon-button" title="Dismiss" aria-label="Dismiss" onClick={dismiss}>
        <Icon name="close" />
      </button>
    </div>
  );
}
