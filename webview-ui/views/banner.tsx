import type { JSX } from 'preact';
import type { Tone } from '../../src/state/statusText.js';
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

interface BannerProps {
  readonly message: string | undefined;
  readonly dismiss: () => void;
}

/** What the user asked for and did not get. */
export function ErrorBanner(props: BannerProps): JSX.Element | null {
  return <Banner {...props} icon="error" tone="bad" />;
}

/** What the user should know of what is shown. */
export function NoticeBanner(props: BannerProps): JSX.Element | null {
  return <Banner {...props} icon="warning" tone="warning" />;
}

function Banner({
  message,
  dismiss,
  icon,
  tone,
}: BannerProps & { readonly icon: string; readonly tone: Tone }): JSX.Element | null {
  if (message === undefined) return null;
  return (
    <div class={`banner tone-${tone}`} role="alert">
      <Icon name={icon} tone={tone} />
      <span>{message}</span>
      <button type="button" class="icon-button" title="Dismiss" aria-label="Dismiss" onClick={dismiss}>
        <Icon name="close" />
      </button>
    </div>
  );
}
