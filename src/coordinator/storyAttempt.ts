import type { Agent } from '../agents/agent.js';
import { runAttempt } from '../attempt/attempt.js';
import type { AgentLimit, AttemptContext } from '../attempt/attemptContext.js';
import type { AttemptFailure } from '../attempt/attemptFailure.js';
import { copyFiles } from '../attempt/copyFiles.js';
import { worktreeFiles } from '../attempt/worktreeFiles.js';
import { buildPrompt } from '../attempt/prompt.js';
import { gitText, type GitFailure } from '../git/git.js';
import { commitWorktree, type SnapshotCommit } from '../git/snapshot.js';
import { addWorktree, removeWorktree } from '../git/worktrees.js';
import type { Judge } from '../judge/judge.js';
import { countsAsAttempt, isLimit, needsPerson } from '../plan/attemptEnds.js';
import type { Story } from '../prd/prd.js';
import type { Clock } from '../primitives/clock.js';
import { failpoint } from '../primitives/failpoint.js';
import { err, ok, type Result } from '../primitives/result.js';
import { unlessAborted } from '../primitives/unlessAborted.js';
import { isDiskFull } from '../records/durability.js';
import type { AttemptState } from '../state/runState.js';
import type { AgentLimits } from './agentLimits.js';
import type { RunBudget } from './budgets.js';
import { layOutConflict } from './conflict.js';
import type { Control } from './control.js';
import { clearAway, setAside } from './endedWorktree.js';
import type { Foresight } from './foresight.js';
import type { MergeQueue } from './mergeQueue.js';
import type { Pausing } from './pausing.js';
import type { Places } from './places.js';
import { completeStory, saveAttempt, type Settlement } from './settle.js';
import type { StoryTime } from './storyTime.js';
import type { WorkerNumbers } from './workerNumbers.js';

/** Longest feedback that goes into an event and the next prompt. */
const FEEDBACK_CHARACTERS = 12_000;

/** What the stories of a run have in common. */
export interface SharedByStories {
  readonly settlement: Settlement;
  readonly control: Control;
  readonly clock: Clock;
  readonly pausing: Pausing;
  readonly limits: AgentLimits;
  readonly budget: RunBudget;
  readonly merges: MergeQueue;
  readonly judge: Judge;
  readonly foresight: Foresight;
  readonly places: Places;
  readonly workers: WorkerNumbers;
}

/** Who makes an attempt. */
export interface Worker {
  readonly agent: Agent;
  /** Instead of the agent's own model. */
  readonly suggested: string | undefined;
  readonly model: string | undefined;
}

/** One attempt at a story, from its worktree to its commit on the tip: or to why it did not get there. */
export class StoryAttempt {
  /** Whether what the agent left is nowhere but in its worktree. */
  #isUnsaved = false;

  constructor(
    private readonly shared: SharedByStories,
    private readonly story: Story,
    private readonly time: StoryTime,
  ) {}

  /** The story is completed, or why the attempt did not get there. */
  async run(
    attempt: number,
    signal: AbortSignal,
    { agent, suggested, model }: Worker,
  ): Promise<Result<void, AttemptFailure>> {
    const { settlement, clock, limits, workers } = this.shared;
    const { plan, runId, run, journal } = settlement;
    using worker = workers.take();
    const base = journal.state.tip;
    if (base === undefined) throw new Error('Internal error: a run without a tip');
    const about = { storyId: this.story.id };
    const { attempts, questions } = journal.story(this.story.id);
    const last = attempts.at(-1);
    const before = attempts.findLast(countsAsAttempt);
    const feedback = before?.message;
    const made = await this.#makeWorktree(attempt, base, before);
    failpoint('coordinator.worktree-made');
    await journal.record(
      attempt === 1 ? 'context.created' : 'context.refreshed',
      {
        story_id: this.story.id,
        attempt,
        base,
        prompt: run.prompt(this.story.id, attempt),
        transcript: run.transcript(this.story.id, attempt),
        agent: agent.name,
        ...(model !== undefined && { model }),
        ...(made.ok && { worktree: made.value.worktree }),
        ...(made.ok && made.value.copied.length > 0 && { copied: [...made.value.copied] }),
        ...(feedback !== undefined && { feedback }),
      },
      about,
    );
    failpoint('coordinator.attempt-made');
    if (!made.ok) {
      await this.#end(attempt, made.error);
      return made;
    }
    const { story } = this;
    const { worktree } = made.value;
    const context = {
      ...{ plan, runId, run, journal, signal, clock, story, attempt, agent, base, ...made.value },
      model: suggested,
      worker: worker.value,
      whileLimited: (limit: AgentLimit) => this.#whileLimited(signal, limit),
    };
    const prompt = buildPrompt(plan, agent, story, { before, questions });
    const pauses = journal.pausesForRoom;
    let settled = await this.#work(context, prompt);
    const isOfAttempt = !settled.ok && !needsPerson(settled.error.reason);
    if (isOfAttempt && (await this.#wasSpoiled(pauses, last))) settled = err(diskFull);
    if (this.#isUnsaved) {
      const aside = await setAside(settlement, story.id, worktree);
      if (!aside.ok) {
        limits.obstruct(aside.error);
        // The attempt stays open, so that the next term tries again.
        return settled.ok ? err({ reason: 'git-failed', feedback: aside.error }) : settled;
      }
      this.#isUnsaved = false;
    } else await clearAway(settlement, story.id, worktree);
    failpoint('coordinator.worktree-removed');
    await this.#end(attempt, settled.ok ? undefined : settled.error);
    failpoint('coordinator.attempt-recorded');
    if (settled.ok) await completeStory(settlement, story, journal.story(this.story.id).startedAt);
    else if (isLimit(settled.error.reason)) {
      const { reason, resetsAt } = settled.error;
      await limits.reached(story.id, { agent: agent.name, reason, resetsAt });
    }
    return settled;
  }

  async #makeWorktree(
    attempt: number,
    base: string,
    before: AttemptState | undefined,
  ): Promise<Result<Pick<AttemptContext, 'worktree' | 'conflicts' | 'copied'>, AttemptFailure>> {
    const { plan, runId } = this.shared.settlement;
    const added = await addWorktree(plan.repository, runId, `${this.story.id}-${attempt}`, base);
    if (!added.ok) return err(gitFailed(added.error));
    const worktree = added.value;
    const laidOut = await this.#layOut(worktree, base, before);
    if (laidOut.ok) return ok({ worktree, ...laidOut.value });
    await removeWorktree(plan.repository, worktree);
    return laidOut;
  }

  /** What lies in the worktree besides its base. */
  async #layOut(
    worktree: string,
    base: string,
    before: AttemptState | undefined,
  ): Promise<Result<Pick<AttemptContext, 'conflicts' | 'copied'>, AttemptFailure>> {
    const { settlement } = this.shared;
    const { plan } = settlement;
    const conflicts = await layOutConflict(plan.repository.root, worktreeFiles(settlement, worktree), base, before);
    if (!conflicts.ok) return err(gitFailed(conflicts.error));
    const copied = await copyFiles(plan, worktree);
    return copied.ok ? ok({ conflicts: conflicts.value, copied: copied.value }) : copied;
  }

  /** Whatever went wrong: what changed the settings may be why. Nothing is merged without a look either. */
  async #work(context: AttemptContext, prompt: string): Promise<Result<void, AttemptFailure>> {
    const worked = await this.#workAndMerge(context, prompt).catch(asFailure);
    if (worked.ok) return worked;
    const problem = await this.shared.settlement.guard.problem();
    return problem ? err(problem) : worked;
  }

  async #workAndMerge(context: AttemptContext, prompt: string): Promise<Result<void, AttemptFailure>> {
    const { merges, judge, foresight, places, pausing } = this.shared;
    const attempted = await foresight.during(context, () => runAttempt(context, prompt, (of) => this.#save(of)));
    if (!attempted.ok) return attempted;
    const candidate = await merges.onTip({ context, attempted: attempted.value });
    if (!candidate.ok) return candidate;
    const judged = await judge.judge(candidate.value.context, candidate.value.attempted);
    if (!judged.ok) return judged;
    // Meanwhile another story may work here.
    const leave = (): void => {
      places.leave(this.story.id);
    };
    // Whose turn it is may wait for a limit, and a pause not for those behind it.
    const aside = (wait: () => Promise<void>): Promise<void> =>
      this.time.aside(() => pausing.aside(wait, context.signal));
    return merges.merge({ ...candidate.value, attempted: judged.value }, { onWait: leave, aside });
  }

  /** The wait is neither the story's time nor what a pause has to wait for. */
  async #whileLimited(signal: AbortSignal, limit: AgentLimit): Promise<boolean> {
    const { limits, pausing } = this.shared;
    await limits.reached(this.story.id, limit);
    const wait = (): Promise<boolean | undefined> => unlessAborted(limits.whileReached(limit.agent), signal);
    return (await this.time.aside(() => pausing.aside(wait, signal))) ?? false;
  }

  /**
   * Nobody can say what an agent or a gate would have done on a disk with room. But when the disk was full the time
   * before, too, it may be the attempt that fills it, which must have an end.
   */
  async #wasSpoiled(pausesBefore: number, last: AttemptState | undefined): Promise<boolean> {
    const { journal } = this.shared.settlement;
    const wasFull = journal.pausesForRoom > pausesBefore || !(await journal.room.isThere());
    return wasFull && last?.message !== diskFull.feedback;
  }

  async #save(context: AttemptContext): Promise<Result<SnapshotCommit, AttemptFailure>> {
    this.#isUnsaved = true;
    const saved = await this.#saveAsRef(context);
    this.#isUnsaved = !saved.ok;
    return saved;
  }

  async #saveAsRef(context: AttemptContext): Promise<Result<SnapshotCommit, AttemptFailure>> {
    const { settlement, foresight } = this.shared;
    const { plan, runId } = settlement;
    const snapshot = await commitWorktree({
      ...worktreeFiles(context, context.worktree),
      base: context.base,
      keep: [plan.prdPath],
      foreign: context.copied,
      message: `${this.story.id}: ${this.story.title}`,
      trailers: {
        'Run-Id': runId,
        'Story-Id': this.story.id,
        Attempt: String(context.attempt),
        Term: String(settlement.term),
      },
      identity: plan.repository.identity,
    });
    failpoint('coordinator.snapshot-made');
    if (!snapshot.ok) return err(gitFailed(snapshot.error));
    foresight.saw(this.story.id, snapshot.value.files);
    if (snapshot.value.files.length > 0) {
      const saved = await saveAttempt(settlement, this.story.id, context.attempt, snapshot.value);
      if (!saved.ok) return err(gitFailed(saved.error));
    }
    return snapshot;
  }

  async #end(attempt: number, failure: AttemptFailure | undefined): Promise<void> {
    await this.shared.settlement.journal.record(
      'context.completed',
      {
        story_id: this.story.id,
        attempt,
        success: failure === undefined,
        ...(failure && { reason: failure.reason, message: failure.feedback.slice(0, FEEDBACK_CHARACTERS) }),
        ...(failure?.silent === true && { silent: true }),
      },
      { storyId: this.story.id },
    );
  }
}

const diskFull: AttemptFailure = { reason: 'interrupted', feedback: 'The disk was full.' };

const gitFailed = (failure: GitFailure): AttemptFailure => ({ reason: 'git-failed', feedback: gitText(failure) });

function asFailure(error: unknown): Result<never, AttemptFailure> {
  if (isDiskFull(error)) return err({ reason: 'environment', feedback: String(error) });
  throw error;
}
