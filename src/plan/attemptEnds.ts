import { limitReason, type FailureReason, type LimitReason } from '../events/failure.js';
import type { AttemptState } from '../state/runState.js';

/** Whether an attempt that ended like this says nothing of the story: it does not count, and another one follows. */
export function isLimit(reason: FailureReason | undefined): reason is LimitReason {
  return limitReason.safeParse(reason).success;
}

/** Whether nothing but a person can help, whatever is tried. */
export function needsPerson(reason: FailureReason): boolean {
  return reason === 'agent-not-installed' || reason === 'agent-not-signed-in' || reason === 'settings-changed';
}

/** Whether it is one of the attempts that a story has. One that ended with a question was cut short by it. */
export function countsAsAttempt({ reason }: AttemptState): boolean {
  return (
    reason === undefined ||
    !(reason === 'interrupted' || reason === 'question' || isLimit(reason) || needsPerson(reason))
  );
}
