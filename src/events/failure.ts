import * as z from 'zod';

/** Why an attempt, a story or a run did not succeed. Closed: views and retry rules switch over it. */
export const failureReason = z.enum([
  'agent-not-installed',
  'agent-not-signed-in',
  'agent-rate-limited',
  'agent-unavailable',
  'agent-capped',
  'agent-failed',
  'agent-timeout',
  'agent-idle',
  'resource-limit',
  'no-changes',
  'gate-failed',
  'gate-timeout',
  'checks-weakened',
  'question',
  'criterion-failed',
  'criterion-unproved',
  'merge-conflict',
  'settings-changed',
  'git-failed',
  'attempts-exhausted',
  'no-progress',
  'story-timeout',
  'budget-exceeded',
  'dependency-failed',
  'interrupted',
  'ownership-lost',
  'environment',
]);

export type FailureReason = z.infer<typeof failureReason>;

/** An agent that cannot work now, through no fault of the story. */
export const limitReason = failureReason.extract(['agent-rate-limited', 'agent-unavailable']);
export type LimitReason = z.infer<typeof limitReason>;
