import type { Attempted, Claim } from '../attempt/attempt.js';
import type { AttemptContext } from '../attempt/attemptContext.js';
import { stopped, type AttemptFailure } from '../attempt/attemptFailure.js';
import { renewCopies } from '../attempt/copyFiles.js';
import { unresolved } from '../git/rebase.js';
import { isLimit } from '../plan/attemptEnds.js';
import type { RunPlan } from '../plan/plan.js';
import type { Criterion } from '../prd/prd.js';
import { failpoint } from '../primitives/failpoint.js';
import { err, ok, type Result } from '../primitives/result.js';
import { Baselines } from './baselines.js';
import { BaseWorktrees } from './baseWorktrees.js';
import { checksAreKept } from './checksKept.js';
import { runGates } from './gates.js';
import { Prover, type CriterionOutcome } from './proof.js';
import { review, type Review } from './review.js';

/**
 * Says whether what lies in an attempt's worktree may become the run's tip: checks as strict as before, gates, then proof
 * as the policy wants it. What the implementing agent says decides nothing; its claims only name tests that are run here.
 * One for all stories of a run.
 */
export class Judge implements AsyncDisposable {
  /** Apart, as an attempt's own tests run in the latter. */
  readonly #gateBases: BaseWorktrees;
  readonly #proofBases: BaseWorktrees;
  readonly #baselines: Baselines;
  /** Story and attempt → what its reviewer found: once for each attempt, also when it is judged again on a new tip. */
  readonly #reviews = new Map<string, Review>();

  constructor(plan: RunPlan, runId: string) {
    this.#gateBases = new BaseWorktrees(plan, runId, 'base');
    this.#proofBases = new BaseWorktrees(plan, runId, 'proof-base');
    this.#baselines = new Baselines(this.#gateBases);
  }

  /** Answers what was judged: the attempt with what the user's hook made of it. */
  async judge(context: AttemptContext, attempted: Attempted): Promise<Result<Attempted, AttemptFailure>> {
    const sound = await isSound(context, attempted.snapshot.commit);
    if (!sound.ok) return sound;
    const renewed = await renewCopies(context.plan, context.worktree, context.copied);
    if (!renewed.ok) return renewed;
    const gates = await runGates(context, this.#baselines, attempted.snapshot);
    if (!gates.ok) return gates;
    const { passed, snapshot } = gates.value;
    const { commit } = snapshot;
    const stillSound = snapshot === attempted.snapshot ? sound : await isSound(context, commit);
    if (!stillSound.ok) return stillSound;
    const prover = new Prover(context, commit, passed, this.#proofBases);
    const proved = await proveCriteria(context, prover, attempted.claims);
    failpoint('coordinator.proofs-done');
    const all = proved.ok ? await this.#proveTheRest(context, commit, proved.value) : proved;
    return all.ok ? ok({ ...attempted, snapshot }) : all;
  }

  /** What nothing that we run could prove, by the policy: left open and shown so, reviewed, or sent back. */
  async #proveTheRest(
    context: AttemptContext,
    commit: string,
    open: readonly Criterion[],
  ): Promise<Result<void, AttemptFailure>> {
    const { proof } = context.plan.config;
    if (open.length === 0) return ok(undefined);
    switch (proof) {
      case 'trusting':
        return ok(undefined);
      case 'standard': {
        const key = `${context.story.id} ${context.attempt}`;
        const known = this.#reviews.get(key) ?? new Map<number, CriterionOutcome>();
        const unseen = open.filter(({ index }) => !known.has(index));
        const reviewed = unseen.length === 0 ? ok(known) : await this.#review(context, commit, unseen);
        if (!reviewed.ok) return reviewed;
        const found = new Map([...known, ...reviewed.value]);
        this.#reviews.set(key, found);
        return settle(context, open, found);
      }
      case 'strict':
        return err({ reason: 'criterion-unproved', feedback: lacking(open) });
    }
  }

  /** A reviewer at its limit has not looked: that is waited for, and the result is not made anew. */
  async #review(
    context: AttemptContext,
    commit: string,
    criteria: readonly Criterion[],
  ): Promise<Result<Review, AttemptFailure>> {
    for (let failures = 1; ; failures += 1) {
      const reviewed = await review(context, commit, criteria);
      if (reviewed.ok || !isLimit(reviewed.error.reason)) return reviewed;
      const { plan, signal } = context;
      const { reason, resetsAt } = reviewed.error;
      const goesOn = await context.whileLimited({ agent: plan.reviewer.agent.name, reason, resetsAt, failures });
      if (!goesOn || signal.aborted) return err(stopped(signal));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gateBases[Symbol.asyncDispose]();
    await this.#proofBases[Symbol.asyncDispose]();
  }
}

/** Whether a commit may be checked at all. */
async function isSound(context: AttemptContext, commit: string): Promise<Result<void, AttemptFailure>> {
  const resolved = await conflictsAreResolved(context, commit);
  return resolved.ok ? checksAreKept(context, commit) : resolved;
}

/** An attempt that was given both sides of a conflict has to leave one. */
async function conflictsAreResolved(
  { plan, conflicts }: AttemptContext,
  commit: string,
): Promise<Result<void, AttemptFailure>> {
  if (conflicts.length === 0) return ok(undefined);
  const left = await unresolved(plan.repository.root, commit, conflicts);
  if (!left.ok) return err({ reason: 'git-failed', feedback: left.error.stderr });
  if (left.value.length === 0) return ok(undefined);
  return err({ reason: 'gate-failed', feedback: `Conflict markers are left in ${left.value.join(', ')}.` });
}

/**
 * Tries to prove every criterion by what we run. One whose own check fails sends the attempt back; answers those that
 * nothing proves, not even a person.
 */
async function proveCriteria(
  context: AttemptContext,
  prover: Prover,
  claims: readonly Claim[],
): Promise<Result<readonly Criterion[], AttemptFailure>> {
  const { signal } = context;
  const open: Criterion[] = [];
  const outcomes: [Criterion, CriterionOutcome][] = [];
  for (const criterion of context.story.criteria) {
    const outcome = await prover.prove(criterion, claims);
    if (signal.aborted) return err(stopped(signal));
    await record(context, criterion, outcome);
    outcomes.push([criterion, outcome]);
    if (outcome.kind === 'unproved' && !isAccepted(context, criterion) && !hasFailedGate(context, criterion)) {
      open.push(criterion);
    }
  }
  const failures = failuresOf(outcomes);
  return failures.ok ? ok(open) : failures;
}

/** Its own gate ran and failed, though not by this attempt's fault: it stays open, and nobody's word makes it hold. */
function hasFailedGate({ plan }: AttemptContext, { check }: Criterion): boolean {
  return check?.kind === 'gate' && plan.gates.some(({ name }) => name === check.gate);
}

/** A person accepted it while the attempt was at work. */
function isAccepted({ journal, story }: AttemptContext, { index }: Criterion): boolean {
  const criteria = journal.state.stories.get(story.id)?.criteria ?? [];
  return criteria.some((known) => known.index === index && known.proof?.kind === 'person');
}

/** What a reviewer said, as with any other proof; but here nothing may stay open. */
async function settle(
  context: AttemptContext,
  criteria: readonly Criterion[],
  found: Review,
): Promise<Result<void, AttemptFailure>> {
  const unproved: CriterionOutcome = { kind: 'unproved' };
  // A person may have said so meanwhile, and knows best.
  const asked = criteria.filter((criterion) => !isAccepted(context, criterion));
  const outcomes = asked.map((criterion) => [criterion, found.get(criterion.index) ?? unproved] as const);
  for (const [criterion, outcome] of outcomes) await record(context, criterion, outcome);
  const failures = failuresOf(outcomes);
  if (!failures.ok) return failures;
  const open = outcomes.flatMap(([criterion, { kind }]) => (kind === 'unproved' ? [criterion] : []));
  return open.length === 0 ? ok(undefined) : err({ reason: 'criterion-unproved', feedback: lacking(open) });
}

async function record(
  { journal, story }: AttemptContext,
  { index, text }: Criterion,
  outcome: CriterionOutcome,
): Promise<void> {
  const criterion = { story_id: story.id, ac_index: index, ac_text: text };
  const about = { storyId: story.id };
  switch (outcome.kind) {
    case 'proved': {
      const { proof, durationMs } = outcome;
      await journal.record('criterion.completed', { ...criterion, duration_ms: durationMs, proof }, about);
      failpoint('coordinator.proof-recorded');
      return;
    }
    case 'failed':
      await journal.record('criterion.failed', { ...criterion, message: outcome.message }, about);
      return;
    case 'unproved':
      return;
  }
}

function failuresOf(outcomes: readonly (readonly [Criterion, CriterionOutcome])[]): Result<void, AttemptFailure> {
  const failures = outcomes.flatMap(([{ index, text }, outcome]) =>
    outcome.kind === 'failed' ? [`Criterion ${index} (${text}): ${outcome.message}`] : [],
  );
  return failures.length === 0 ? ok(undefined) : err({ reason: 'criterion-failed', feedback: failures.join('\n\n') });
}

function lacking(open: readonly Criterion[]): string {
  return [
    'Nothing proves these criteria:',
    ...open.map(({ index, text }) => `- AC-${index}: ${text}`),
    'Report each of them with a test that fails without the change and passes with it.',
  ].join('\n');
}
