import type { EventData } from '../events/catalogue.js';
import { problemCounts } from './problemCounts.js';
import type { GateState } from './runState.js';

/** What is known of a gate once it has ended. */
export function endedGate(data: EventData<'gate.completed'>): GateState {
  const { gate: name, passed, duration_ms: durationMs, output, baseline, flaky, required, inconclusive } = data;
  return {
    name,
    status: passed ? 'passed' : 'failed',
    ...(durationMs !== undefined && { durationMs }),
    ...(output !== undefined && { output }),
    ...problemCounts(data),
    ...(baseline && {
      baseline: { passed: baseline.passed, worse: baseline.worse === true, ...problemCounts(baseline) },
    }),
    ...(required === false && { required }),
    ...(flaky && { flaky }),
    ...(inconclusive && { inconclusive }),
  };
}
