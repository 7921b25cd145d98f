import type { Failpoint } from '../../src/primitives/failpoint.js';
import type { Kill } from './faultyRun.js';

/** How a failpoint is reached: in which process, how often there is something new to see, and after which other kill. */
export interface Reach {
  readonly hits: readonly number[] | 'every';
  /** Kills that come first, so that there is something to recover. */
  readonly after?: readonly Kill[];
}

export interface FaultPlan {
  /** One story after the other. */
  readonly run?: Reach;
  /** Stories at the same time that get in each other's way. */
  readonly crossing?: Reach;
  readonly hub?: Reach;
}

const once: FaultPlan = { run: { hits: [1] } };
/** Each story, and each attempt of the second one. */
const eachStory: FaultPlan = { run: { hits: [1, 2, 3] } };
const eachAttempt: FaultPlan = { run: { hits: [1, 2, 3, 4] } };
const everywhere: FaultPlan = { run: { hits: 'every' }, hub: { hits: [1, 2, 3, 5] } };
const both: FaultPlan = { run: { hits: [1] }, hub: { hits: [1] } };
const recovering = (...after: Kill[]): FaultPlan => ({ run: { hits: [1], after } });
const crossing = (...hits: number[]): FaultPlan => ({ crossing: { hits } });
const hub = (...hits: number[]): FaultPlan => ({ hub: { hits } });

/** Every failpoint; the compiler asks for a new one. */
export const faultPlan: Readonly<Record<Failpoint, FaultPlan>> = {
  'records.term-claimed': both,
  'records.term-accepted': both,
  'records.term-unreleased': { run: { hits: [1] } },
  'records.file-created': { run: { hits: [1] }, hub: { hits: [1, 2] } },
  'records.append-unwritten': everywhere,
  'records.append-half-written': everywhere,
  'records.append-unsynced': everywhere,
  'records.append-unacknowledged': everywhere,
  'session.file-unrenamed': { run: { hits: 'every' }, hub: { hits: [1, 2] } },
  'session.file-renamed': { run: { hits: 'every' }, hub: { hits: [1, 2] } },
  'coordinator.owner': once,
  'coordinator.reaped': recovering('coordinator.agent-recorded'),
  'coordinator.fence-raised': once,
  'coordinator.project-registered': once,
  'coordinator.journal-open': once,
  'coordinator.run-started': once,
  'coordinator.inbox-open': once,
  'coordinator.intent-recorded': once,
  'coordinator.tip-recovered': once,
  'coordinator.recovered': once,
  'coordinator.story-begun': eachStory,
  'coordinator.worktree-made': eachAttempt,
  'coordinator.attempt-made': { ...eachAttempt, ...crossing(1, 2, 3, 4) },
  'coordinator.set-up': eachAttempt,
  'coordinator.agent-starting': eachAttempt,
  'coordinator.agent-ended': eachAttempt,
  'coordinator.agent-recorded': eachAttempt,
  'coordinator.snapshot-made': eachAttempt,
  'coordinator.attempt-ref-made': eachAttempt,
  'coordinator.attempt-saved': eachAttempt,
  'coordinator.gate-starting': eachAttempt,
  'coordinator.gate-ended': eachAttempt,
  'coordinator.baseline-known': once,
  'coordinator.gate-recorded': { ...eachAttempt, ...crossing(1, 2, 3) },
  'coordinator.base-worktree-made': once,
  'coordinator.review-worktree-made': once,
  'coordinator.reviewed': once,
  'coordinator.proof-recorded': eachAttempt,
  'coordinator.proofs-done': eachStory,
  'coordinator.conflict-recorded': crossing(1),
  'coordinator.conflict-laid-out': crossing(1),
  'coordinator.rebased': crossing(1),
  'coordinator.commit-recorded': { ...eachStory, ...crossing(1, 2, 3) },
  'coordinator.tip-unmoved': eachStory,
  'git.transaction-running': { run: { hits: 'every' } },
  'git.command-running': { run: { hits: 'every' } },
  'coordinator.tip-moved': { ...eachStory, ...crossing(1, 2, 3) },
  'coordinator.merge-recorded': eachStory,
  'coordinator.worktree-removed': eachAttempt,
  'coordinator.attempt-recorded': eachAttempt,
  'coordinator.prd-kept': eachStory,
  'coordinator.prd-written': eachStory,
  'coordinator.prd-recorded': eachStory,
  'coordinator.story-completed': eachStory,
  'coordinator.progress-recorded': eachStory,
  'coordinator.branch-followed': once,
  'coordinator.run-completed': once,
  'coordinator.pending-settled': recovering('coordinator.commit-recorded'),
  'coordinator.salvaged': recovering('coordinator.agent-recorded'),
  'coordinator.interruption-recorded': recovering('coordinator.tip-moved'),
  'coordinator.story-recovered': recovering('coordinator.merge-recorded'),
  'coordinator.leftover-removed': recovering('coordinator.base-worktree-made'),
  'hub.log-recovered': hub(1),
  'hub.segment-created': hub(1, 2),
  'hub.segment-begun': hub(1, 2),
  'hub.token-made': hub(1),
  'hub.listening': hub(1),
  'hub.discovery-written': hub(1),
  'hub.journals-open': hub(1),
  'hub.events-placed': hub(1, 2, 5),
  'hub.events-stored': hub(1, 2, 5),
  'hub.events-published': hub(1, 2, 5),
  'hub.batch-taken': hub(1, 2, 5),
};
