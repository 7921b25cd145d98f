import type { GitFailure } from '../git/git.js';
import { commitWorktree, type SnapshotCommit } from '../git/snapshot.js';
import { addWorktree, removeWorktree } from '../git/worktrees.js';
import type { Story } from '../prd/prd.js';
import { failpoint } from '../primitives/failpoint.js';
import { err, ok, type Result } from '../primitives/result.js';
import { isDiskFull } from '../records/durability.js';
import type { AttemptState, StoryState } from '../state/runState.js';
import { AgentLimits, countsAsAttempt, isLimit, needsPerson } from './agentLimits.js';
import { runAttempt, type AttemptFailure } from './attempt.js';
import type { AttemptContext } from './attemptContext.js';
import type { Control } from './control.js';
import { buildPrompt } from './prompt.js';
import { advanceTip, completeStory, saveAttempt, type Settlement } from './settle.js';

/** Longest feedback that goes into an event and the next prompt. */
const FEEDBACK_CHARACTERS = 12_000;

/**
 * One story until it is done, failed, or the run has to end:
 *
 *     open → in progress → attempt → completed
 *                   ▲         ├─ failed, attempts left ─┐
 *                   └─────────┘◄────────────────────────┘   else → failed
 *
 * How far it got is in the journal only, so a resumed run enters the same function.
 */
export class StoryRun {
  constructor(
    readonly settlement: Settlement,
    readonly control: Control,
    readonly story: Story,
    /** Between attempts too. */
    readonly whilePaused: () => Promise<void>,
    readonly limits: AgentLimits,
  ) {}

  /** Answers why the run cannot go on, if that is so. */
  async run(): Promise<string | undefined> {
    const { journal, plan } = this.settlement;
    await this.#start();
    failpoint('coordinator.story-begun');
    while (!this.control.stopping.aborted) {
      await journal.awaitRoom();
      if (!(await this.limits.whileReached())) return undefined;
      const attempts = this.#state().attempts;
      if (attempts.filter(countsAsAttempt).length >= plan.config.attempts) break;
      const ended = await this.#attempt((attempts.at(-1)?.attempt ?? 0) + 1, attempts.at(-1));
      if (ended.ok) return undefined;
      if (needsPerson(ended.error.reason)) return ended.error.feedback;
      await this.whilePaused();
    }
    if (this.control.stopping.aborted) return undefined;
    const about = { storyId: this.story.id };
    const reason = 'attempts-exhausted' as const;
    await journal.record(
      'story.status',
      { story_key: this.story.id, old_status: 'in_progress', new_status: 'failed', reason },
      about,
    );
    await journal.record(
      'story.completed',
      { story_id: this.story.id, success: false, status: 'failed', commits: [], reason },
      about,
    );
    return undefined;
  }

  async #start(): Promise<void> {
    const { journal } = this.settlement;
    const { id, title, priority, criteria } = this.story;
    const old = journal.state.stories.get(id)?.status ?? 'open';
    if (old === 'in_progress') return;
    await journal.record(
      'story.status',
      { story_key: id, old_status: old, new_status: 'in_progress' },
      { storyId: id },
    );
    await journal.record(
      'story.started',
      {
        story_id: id,
        status: 'in_progress',
        title,
        priority,
        ac_count: criteria.length,
        criteria: criteria.map((criterion) => ({ ac_index: criterion.index, ac_text: criterion.text })),
      },
      { storyId: id },
    );
  }

  /** The story is completed, or why the attempt did not get there. */
  async #attempt(attempt: number, last: AttemptState | undefined): Promise<Result<void, AttemptFailure>> {
    const { plan, runId, run, journal } = this.settlement;
    const base = journal.state.tip;
    if (base === undefined) throw new Error('Internal error: a run without a tip');
    const added = await addWorktree(plan.repository, runId, `${this.story.id}-${attempt}`, base);
    failpoint('coordinator.worktree-made');
    const about = { storyId: this.story.id };
    const feedback = this.#state().attempts.findLast(countsAsAttempt)?.message;
    await journal.record(
      attempt === 1 ? 'context.created' : 'context.refreshed',
      {
        story_id: this.story.id,
        attempt,
        base,
        prompt: run.prompt(this.story.id, attempt),
        transcript: run.transcript(this.story.id, attempt),
        ...(added.ok && { worktree: added.value }),
        ...(feedback !== undefined && { feedback }),
      },
      about,
    );
    failpoint('coordinator.attempt-made');
    if (!added.ok) {
      const failure: AttemptFailure = { reason: 'git-failed', feedback: gitText(added.error) };
      await this.#end(attempt, failure);
      return err(failure);
    }
    const context: AttemptContext = {
      plan,
      runId,
      run,
      journal,
      control: this.control,
      story: this.story,
      attempt,
      base,
      worktree: added.value,
    };
    const prompt = buildPrompt(plan, this.story, attempt, feedback);
    const pauses = journal.pausesForRoom;
    const result = await runAttempt(context, prompt, (of) => this.#save(of)).catch(asFailure);
    let settled = result.ok ? await this.#settle(result.value, base) : result;
    if (!settled.ok && (await this.#wasSpoiled(pauses, last))) settled = err(diskFull);
    await removeWorktree(plan.repository, added.value);
    failpoint('coordinator.worktree-removed');
    await this.#end(attempt, settled.ok ? undefined : settled.error);
    failpoint('coordinator.attempt-recorded');
    if (settled.ok) await completeStory(this.settlement, this.story, this.#state().startedAt);
    else if (isLimit(settled.error.reason))
      await this.limits.reached(this.story.id, settled.error.reason, settled.error);
    return settled;
  }

  /**
   * Nobody can say what an agent or a gate would have done on a disk with room. But when the disk was full the time
   * before, too, it may be the attempt that fills it, which must have an end.
   */
  async #wasSpoiled(pausesBefore: number, last: AttemptState | undefined): Promise<boolean> {
    const { journal } = this.settlement;
    const wasFull = journal.pausesForRoom > pausesBefore || !(await journal.room.isThere());
    return wasFull && last?.message !== diskFull.feedback;
  }

  async #save(context: AttemptContext): Promise<Result<SnapshotCommit, AttemptFailure>> {
    const { plan, runId, run } = this.settlement;
    const snapshot = await commitWorktree({
      worktree: context.worktree,
      base: context.base,
      keep: [plan.prdPath],
      message: `${this.story.id}: ${this.story.title}`,
      trailers: {
        'Run-Id': runId,
        'Story-Id': this.story.id,
        Attempt: String(context.attempt),
        Term: String(this.settlement.term),
      },
      scratch: run.scratch,
    });
    failpoint('coordinator.snapshot-made');
    if (!snapshot.ok) return err({ reason: 'git-failed', feedback: gitText(snapshot.error) });
    if (snapshot.value.files.length > 0) {
      const saved = await saveAttempt(this.settlement, this.story.id, context.attempt, snapshot.value);
      if (!saved.ok) return err({ reason: 'git-failed', feedback: gitText(saved.error) });
    }
    return snapshot;
  }

  async #settle(snapshot: SnapshotCommit, base: string): Promise<Result<void, AttemptFailure>> {
    const { journal } = this.settlement;
    await journal.record(
      'commit.created',
      { story_id: this.story.id, commit_hash: snapshot.commit, parent: base, files: snapshot.files.length },
      { storyId: this.story.id },
    );
    failpoint('coordinator.commit-recorded');
    const advanced = await advanceTip(this.settlement, this.story.id, snapshot.commit, base);
    return advanced.ok ? ok(undefined) : err({ reason: 'git-failed', feedback: gitText(advanced.error) });
  }

  async #end(attempt: number, failure: AttemptFailure | undefined): Promise<void> {
    await this.settlement.journal.record(
      'context.completed',
      {
        story_id: this.story.id,
        attempt,
        success: failure === undefined,
        ...(failure && { reason: failure.reason, message: failure.feedback.slice(0, FEEDBACK_CHARACTERS) }),
      },
      { storyId: this.story.id },
    );
  }

  #state(): StoryState {
    const state = this.settlement.journal.state.stories.get(this.story.id);
    if (!state) throw new Error(`Internal error: ${this.story.id} is not in the run`);
    return state;
  }
}

const diskFull: AttemptFailure = { reason: 'interrupted', feedback: 'The disk was full.' };

function asFailure(error: unknown): Result<never, AttemptFailure> {
  if (isDiskFull(error)) return err({ reason: 'environment', feedback: String(error) });
  throw error;
}

export function gitText(failure: GitFailure): string {
  return `git ${failure.args[0] ?? ''} failed: ${failure.stderr.trim()}`;
}
