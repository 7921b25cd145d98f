import type * as z from 'zod';
import type { Envelope, severity } from './envelope.js';

export type Severity = z.infer<typeof severity>;

/** How serious an event is: what it says itself, else what its type says, else `info`. */
export function severityOf(event: Envelope): Severity {
  if (event.severity !== undefined) return event.severity;
  if (event.type === 'error.occurred') return 'error';
  const { level } = event.data as { level?: unknown };
  if (event.type === 'log.message' && (level === 'debug' || level === 'warn' || level === 'error')) return level;
  return 'info';
}
