import type { BusEvent } from '../../../src/bus/busEvent.js';
import { silentLogger, type Logger } from '../../../src/primitives/logger.js';

export function event(type: string, data: Record<string, unknown> = {}): BusEvent {
  return { id: 'e', type, timestamp: '2026-01-01T00:00:00.000Z', source: 'test', term: 0, source_seq: 1, data };
}

export function recordingLogger(): Logger & { readonly errors: string[]; readonly warnings: string[] } {
  const errors: string[] = [];
  const warnings: string[] = [];
  return {
    ...silentLogger,
    errors,
    warnings,
    error: (message) => errors.push(message),
    warn: (message) => warnings.push(message),
  };
}
