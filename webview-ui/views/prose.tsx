import type { JSX } from 'preact';

/** Text from a PRD: what stands between backticks is code. */
export function Prose({ text }: { readonly text: string }): JSX.Element {
  const parts = text.split(/`([^`]+)`/);
  return <>{parts.map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part))}</>;
}
