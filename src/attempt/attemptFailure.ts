import type { FailureReason } from '../events/failure.js';

/** Why an attempt is stopped whose story's time is over, as the reason of its abort signal. */
export const storyTimeOver = 'story-timeout';

/** Why an attempt is not good enough. `feedback` goes into the next attempt's prompt. */
export interface AttemptFailure {
  readonly reason: FailureReason;
  readonly feedback: string;
  /** When the agent's limit is lifted, as ISO time, where the agent knows. */
  readonly resetsAt?: string;
  /** The agent printed nothing. */
  readonly silent?: boolean;
}

/** The failure of an attempt that was told to end by this signal. */
export function stopped({ reason }: AbortSignal): AttemptFailure {
  return reason === storyTimeOver
    ? { reason: 'story-timeout', feedback: "The story's time was over, and the attempt was stopped." }
    : { reason: 'interrupted', feedback: 'The attempt was stopped.' };
}
