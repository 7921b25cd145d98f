import { isTransient } from '../events/catalogue.js';
import { isFromRun, type Envelope } from '../events/envelope.js';
import { eventLine } from '../state/eventLine.js';
import { printable } from './printable.js';

/** An event of whatever PRD as one line. Undefined for transient ones, and for those that tell of no error when only these are wanted. */
export function watchLine(event: Envelope, onlyErrors: boolean): string | undefined {
  if (isTransient(event.type)) return undefined;
  const { tone, story, text } = eventLine(event);
  if (onlyErrors && tone !== 'bad') return undefined;
  const publisher = isFromRun(event) ? undefined : `(${event.source})`;
  return printable([event.timestamp.slice(11, 19), event.prd_id, story, text, publisher].filter(Boolean).join(' '));
}
