import { git, gitText } from '../git/git.js';
import { checkOutTree, mergeTrees } from '../git/rebase.js';
import { recommit, type SnapshotCommit } from '../git/snapshot.js';
import { failpoint } from '../primitives/failpoint.js';
import { err, ok, type Result } from '../primitives/result.js';
import { deferred } from '../primitives/deferred.js';
import { Sequence } from '../primitives/sequence.js';
import { unlessAborted } from '../primitives/unlessAborted.js';
import type { Attempted } from '../attempt/attempt.js';
import { stopped, type AttemptFailure } from '../attempt/attemptFailure.js';
import type { AttemptContext } from '../attempt/attemptContext.js';
import { worktreeFiles } from '../attempt/worktreeFiles.js';
import type { Judge } from '../judge/judge.js';
import { advanceTip, type Settlement } from './settle.js';

/** What an agent made, and where it is to be judged. */
export interface Candidate {
  readonly context: AttemptContext;
  readonly attempted: Attempted;
}

/** How a candidate waits. */
export interface Waiting {
  readonly onWait: () => void;
  readonly aside: (wait: () => Promise<void>) => Promise<void>;
}

/**
 * Checked attempts become the run's tip here, one after the other: the tip that an attempt is checked on is the one it
 * follows. One whose base is no longer the tip is put on top of it and checked again.
 */
export class MergeQueue {
  readonly #turns = new Sequence();
  /** Whose turn it is, and who waits for theirs. */
  #candidates = 0;

  constructor(
    private readonly settlement: Settlement,
    private readonly judge: Judge,
  ) {}

  /** The candidate on top of the tip as it is now, commit and files; judged there it need not be judged again, with luck. */
  async onTip({ context, attempted }: Candidate): Promise<Result<Candidate, AttemptFailure>> {
    const { tip } = this.settlement.journal.state;
    if (tip === undefined) throw new Error('Internal error: a run without a tip');
    if (tip === context.base) return ok({ context, attempted });
    const rebased = await this.#rebase(context, attempted.snapshot, tip);
    if (!rebased.ok) return rebased;
    return ok({ context: { ...context, base: tip }, attempted: { ...attempted, snapshot: rebased.value } });
  }

  /**
   * `onWait` is told when that takes longer than a moment: others are before it, or it has to be judged again. `aside` is
   * done while others have their turn; it ends with the candidate's signal.
   */
  async merge(candidate: Candidate, { onWait, aside }: Waiting): Promise<Result<void, AttemptFailure>> {
    const { signal } = candidate.context;
    if (this.#candidates > 0) onWait();
    this.#candidates += 1;
    const turn = deferred();
    const over = deferred();
    void this.#turns.run(() => {
      turn.resolve();
      return over.promise;
    });
    try {
      await aside(() => unlessAborted(turn.promise, signal));
      if (signal.aborted) return err(stopped(signal));
      return await this.#merge(candidate, onWait);
    } finally {
      over.resolve();
      this.#candidates -= 1;
    }
  }

  async #merge(candidate: Candidate, onWait: () => void): Promise<Result<void, AttemptFailure>> {
    const { base } = candidate.context;
    const current = await this.onTip(candidate);
    if (!current.ok) return current;
    const { context, attempted } = current.value;
    const hasMoved = context.base !== base;
    if (hasMoved) onWait();
    const judged = hasMoved ? await this.judge.judge(context, attempted) : ok(attempted);
    if (!judged.ok) return judged;
    const problem = await this.settlement.guard.problem();
    return problem ? err(problem) : this.#advance(context, judged.value.snapshot);
  }

  /** The attempt's change on top of `tip`, as a commit and as the worktree's files. */
  async #rebase(
    context: AttemptContext,
    snapshot: SnapshotCommit,
    tip: string,
  ): Promise<Result<SnapshotCommit, AttemptFailure>> {
    const { plan, worktree } = context;
    const cwd = plan.repository.root;
    const merged = await mergeTrees(cwd, tip, snapshot.commit);
    if (!merged.ok) return err({ reason: 'git-failed', feedback: gitText(merged.error) });
    if (merged.value.conflicts.length > 0) return this.#conflicted(context, merged.value.conflicts, tip);
    const to = merged.value.tree;
    const moved = await checkOutTree(worktreeFiles(context, worktree), { from: snapshot.tree, to });
    if (!moved.ok) return err({ reason: 'git-failed', feedback: gitText(moved.error) });
    const made = await recommit(cwd, snapshot, { tree: to, parent: tip }, plan.repository.identity);
    if (!made.ok) return err({ reason: 'git-failed', feedback: gitText(made.error) });
    failpoint('coordinator.rebased');
    return made;
  }

  async #conflicted(
    { journal, story, base }: AttemptContext,
    files: readonly string[],
    tip: string,
  ): Promise<Result<never, AttemptFailure>> {
    await journal.record('merge.conflicted', { story_id: story.id, files: [...files] }, { storyId: story.id });
    failpoint('coordinator.conflict-recorded');
    const others = await this.#changesOf(files, base, tip);
    return err({
      reason: 'merge-conflict',
      feedback: [
        `Meanwhile another story changed the same places: ${others}.`,
        `These files hold both sides now, between conflict markers (<<<<<<<, =======, >>>>>>>): ${files.join(', ')}.`,
        'Make one of the two, so that both stories keep what they need, and remove the markers.',
      ].join('\n'),
    });
  }

  /** Titles of the commits that touched the files. */
  async #changesOf(files: readonly string[], base: string, tip: string): Promise<string> {
    const args = ['log', '--format=%s', `${base}..${tip}`, '--', ...files.map((file) => `:(top,literal)${file}`)];
    const titles = await git(this.settlement.plan.repository.root, args);
    return titles.ok ? titles.value.trim().split('\n').join('; ') : titles.error.stderr;
  }

  /** Journalled first, so that a resume knows what may have happened. */
  async #advance(
    { story, base }: AttemptContext,
    { commit, files }: SnapshotCommit,
  ): Promise<Result<void, AttemptFailure>> {
    await this.settlement.journal.record(
      'commit.created',
      { story_id: story.id, commit_hash: commit, parent: base, files: files.length },
      { storyId: story.id },
    );
    failpoint('coordinator.commit-recorded');
    const advanced = await advanceTip(this.settlement, story.id, commit, base);
    return advanced.ok ? ok(undefined) : err({ reason: 'git-failed', feedback: gitText(advanced.error) });
  }
}
