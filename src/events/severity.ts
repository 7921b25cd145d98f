import type * as z from 'zod';
import type { Envelope, severity } from './envelope.js';

export type Severity = z.infer<typeof severity>;

/** An event, and its `head` where reading all of it costs more. */
interface Entry {
  readonly event: Envelope;
  readonly head?: Pick<Envelope, 'type' | 'severity'>;
}

/** How serious an event is: what it says itself, else what its type says, else `info`. */
export function severityOf(entry: Entry): Severity {
  const { type, severity: said } = entry.head ?? entry.event;
  if (said !== undefined) return said;
  if (type === 'error.occurred') return 'error';
  if (type !== 'log.message') return 'info';
  const { level } = entry.event.data as { level?: unknown };
  return level === 'debug' || level === 'warn' || level === 'error' ? level : 'info';
}
