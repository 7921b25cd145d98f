import type { JSX } from 'preact';
import { durationText } from '../../src/state/durationText.js';
import { useNow } from './useNow.js';

/** The time from `from` to `to`, or up to now, counting, as long as there is no end. */
export function Duration({ from, to }: { readonly from: string; readonly to: string | undefined }): JSX.Element {
  const now = useNow(to === undefined);
  const end = to === undefined ? now : Date.parse(to);
  return <span class="duration">{durationText(Math.max(0, end - Date.parse(from)))}</span>;
}
