import type { EventData } from '../events/catalogue.js';
import type { AttemptUsage } from './runState.js';

/** What an attempt used, with what was told of it once more. A cost that nobody told stays unknown. */
export function sumUsage(before: AttemptUsage | undefined, used: EventData<'usage.recorded'>): AttemptUsage {
  const costUsd =
    before?.costUsd === undefined && used.cost_usd === undefined
      ? undefined
      : (before?.costUsd ?? 0) + (used.cost_usd ?? 0);
  return {
    inputTokens: (before?.inputTokens ?? 0) + (used.input_tokens ?? 0),
    outputTokens: (before?.outputTokens ?? 0) + (used.output_tokens ?? 0),
    ...(costUsd !== undefined && { costUsd }),
  };
}
