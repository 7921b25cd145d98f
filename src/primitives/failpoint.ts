/** True in test builds, and false in what ships, where nothing of this file is left (see esbuild.mjs). */
declare const FAILPOINTS: boolean;

/** Every place where a test can kill the process. The sweep (`npm run faults`) goes through all of them. */
export const failpoints = [
  // Whoever owns something.
  'records.term-claimed',
  'records.term-accepted',
  'records.term-unreleased',
  'records.file-created',
  'records.append-unwritten',
  'records.append-half-written',
  'records.append-unsynced',
  'records.append-unacknowledged',
  'session.file-unrenamed',
  'session.file-renamed',
  // The coordinator, in the order of a run.
  'coordinator.owner',
  'coordinator.reaped',
  'coordinator.fence-raised',
  'coordinator.project-registered',
  'coordinator.journal-open',
  'coordinator.run-started',
  'coordinator.inbox-open',
  'coordinator.intent-recorded',
  'coordinator.tip-recovered',
  'coordinator.recovered',
  'coordinator.story-begun',
  'coordinator.worktree-made',
  'coordinator.attempt-made',
  'coordinator.set-up',
  'coordinator.agent-starting',
  'coordinator.agent-ended',
  'coordinator.agent-recorded',
  'coordinator.snapshot-made',
  'coordinator.attempt-ref-made',
  'coordinator.attempt-saved',
  'coordinator.gate-starting',
  'coordinator.gate-ended',
  'coordinator.baseline-known',
  'coordinator.gate-recorded',
  'coordinator.base-worktree-made',
  'coordinator.review-worktree-made',
  'coordinator.reviewed',
  'coordinator.proof-recorded',
  'coordinator.proofs-done',
  'coordinator.conflict-recorded',
  'coordinator.conflict-laid-out',
  'coordinator.rebased',
  'coordinator.commit-recorded',
  'coordinator.tip-unmoved',
  'git.transaction-running',
  'git.command-running',
  'coordinator.tip-moved',
  'coordinator.merge-recorded',
  'coordinator.worktree-removed',
  'coordinator.attempt-recorded',
  'coordinator.prd-kept',
  'coordinator.prd-written',
  'coordinator.prd-recorded',
  'coordinator.story-completed',
  'coordinator.progress-recorded',
  'coordinator.branch-followed',
  'coordinator.run-completed',
  // Its recovery of what another term left.
  'coordinator.pending-settled',
  'coordinator.salvaged',
  'coordinator.interruption-recorded',
  'coordinator.story-recovered',
  'coordinator.leftover-removed',
  // The hub, from its start to an event.
  'hub.log-recovered',
  'hub.segment-created',
  'hub.segment-begun',
  'hub.token-made',
  'hub.listening',
  'hub.discovery-written',
  'hub.journals-open',
  'hub.events-placed',
  'hub.events-stored',
  'hub.events-published',
  'hub.batch-taken',
] as const;

export type Failpoint = (typeof failpoints)[number];

let hits = 0;

/**
 * Kills this process as `kill -9` would when `STORYLOOP_FAILPOINT` says so: `name`, or `name:n` for the n-th time.
 * `first` is what is half done at that moment.
 */
export function failpoint(name: Failpoint, first?: () => void): void {
  if (FAILPOINTS) {
    const [wanted, count = '1'] = (process.env['STORYLOOP_FAILPOINT'] ?? '').split(':');
    if (wanted !== name || ++hits !== Number(count)) return;
    first?.();
    process.kill(process.pid, 'SIGKILL');
  }
}
