import type { JSX } from 'preact';
import type { StatusLook, Tone } from '../../src/state/statusText.js';

interface IconProps {
  readonly name: string;
  readonly tone?: Tone | undefined;
  readonly spin?: boolean | undefined;
}

/** A codicon. Decoration: what it means is said in text beside it. */
export function Icon({ name, tone, spin }: IconProps): JSX.Element {
  const classes = ['codicon', `codicon-${name}`, spin && 'codicon-modifier-spin', tone && `tone-${tone}`];
  return <span class={classes.filter(Boolean).join(' ')} aria-hidden="true" />;
}

/** The icon of a status, with its word for those who do not see it. */
export function StatusIcon({ look }: { readonly look: StatusLook }): JSX.Element {
  return (
    <span class="status-icon" title={look.text}>
      <Icon name={look.icon} tone={look.tone} spin={look.spin} />
      <span class="visually-hidden">{look.text}</span>
    </span>
  );
}
