import type { Agent } from '../agents/agent.js';
import type { FailureReason } from '../events/failure.js';
import { gitText, type GitFailure } from '../git/git.js';
import { commitWorktree, type SnapshotCommit } from '../git/snapshot.js';
import { addWorktree, removeWorktree } from '../git/worktrees.js';
import type { Story } from '../prd/prd.js';
import type { Clock } from '../primitives/clock.js';
import { failpoint } from '../primitives/failpoint.js';
import { err, ok, type Result } from '../primitives/result.js';
import { isDiskFull } from '../records/durability.js';
import type { AttemptState, StoryState } from '../state/runState.js';
import { openQuestions } from '../state/questions.js';
import { budgetText } from '../state/statusText.js';
import { countsAsAttempt, isLimit, needsPerson } from '../plan/attemptEnds.js';
import type { AgentLimits } from './agentLimits.js';
import { runAttempt } from '../attempt/attempt.js';
import type { AttemptFailure } from '../attempt/attemptFailure.js';
import { copyFiles } from '../attempt/copyFiles.js';
import type { AttemptContext } from '../attempt/attemptContext.js';
import type { Foresight } from './foresight.js';
import type { Judge } from '../judge/judge.js';
import { spentBudget, type RunBudget, type SpentBudget } from './budgets.js';
import { insistsOnWeakening } from '../judge/checksKept.js';
import type { Control } from './control.js';
import { layOutConflict } from './conflict.js';
import type { MergeQueue } from './mergeQueue.js';
import type { Pausing } from './pausing.js';
import { climb, type Height, type LadderStep } from '../plan/ladder.js';
import { buildPrompt } from '../attempt/prompt.js';
import { completeStory, saveAttempt, type Settlement } from './settle.js';
import { StoryTime } from './storyTime.js';
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
  readonly workers: WorkerNumbers;
}

/** Why a story gets no further attempt; `message` says it in words where the reason does not. */
interface StoryOver {
  readonly kind: 'over';
  readonly reason: FailureReason;
  readonly message?: string;
  readonly spent?: SpentBudget;
}

/** Who makes an attempt. */
interface Worker {
  readonly agent: Agent;
  /** Instead of the agent's own model. */
  readonly suggested: string | undefined;
  readonly model: string | undefined;
}

/**
 * One story until it is done, failed, or the run has to end:
 *
 *     open → in progress → attempt → completed
 *                   ▲         ├─ failed, attempts left, progress ─┐
 *                   └─────────┘◄──────────────────────────────────┘   else → failed
 *                             └─ asks a person → blocked → answered → open
 *
 * How far it got is in the journal only, so a resumed run enters the same function.
 */
export class StoryRun {
  readonly #time: StoryTime;

  constructor(
    readonly shared: SharedByStories,
    readonly story: Story,
  ) {
    this.#time = new StoryTime(shared.clock, shared.settlement.plan.config.storyTimeout);
  }

  async run(): Promise<void> {
    const { settlement, control, pausing, limits, budget } = this.shared;
    const { journal } = settlement;
    await this.#start();
    failpoint('coordinator.story-begun');
    while (!control.stopping.aborted) {
      await journal.awaitRoom();
      const next = this.#height();
      if (next.kind === 'step') {
        const goesOn = limits.whileReached(next.step.agent.name);
        if (!(await Promise.race([goesOn, this.#untilSkipped()]))) return;
      }
      const stopping = control.beginAttempt(this.story.id);
      const { attempts, requested } = this.#state();
      if (requested === 'skip') return this.#skip();
      if (openQuestions(this.#state()).length > 0) return this.#awaitAnswer();
      const height = this.#height();
      if (height.kind === 'over') return this.#giveUp(height);
      if (await budget.isSpent()) return;
      const signal = AbortSignal.any([stopping, this.#time.over]);
      const attempt = () => this.#attempt((attempts.at(-1)?.attempt ?? 0) + 1, signal, this.#worker(height));
      const ended = await pausing.during(() => this.#time.during(attempt));
      if (ended.ok) return;
      if (needsPerson(ended.error.reason)) limits.obstruct(ended.error.feedback);
    }
  }

  /** True when the story is to be left out: it waits for nothing then. */
  async #untilSkipped(): Promise<true> {
    while (this.#state().requested !== 'skip') await this.shared.control.nextWish();
    return true;
  }

  /** The step of the next attempt, or why none follows. */
  #height(): Extract<Height<LadderStep>, { kind: 'step' }> | StoryOver {
    const { seconds, over } = this.#time;
    const { attempts: all, forgiven = 0 } = this.#state();
    const attempts = all.slice(forgiven);
    const { ladder, config } = this.shared.settlement.plan;
    const message = `Its attempts took longer than ${seconds} s (storyTimeout).`;
    if (over.aborted) return { kind: 'over', reason: 'story-timeout', message };
    if (insistsOnWeakening(attempts)) return { kind: 'over', reason: 'checks-weakened' };
    const height = climb(ladder, attempts);
    if (height.kind === 'over') return height;
    const spent = spentBudget('story', config.budget ?? {}, attempts);
    return spent ? { kind: 'over', reason: 'budget-exceeded', message: budgetText(spent), spent } : height;
  }

  /** Who makes the next attempt. What the story suggests is for its first step. */
  #worker({ index, step }: { readonly index: number; readonly step: LadderStep }): Worker {
    const { agent } = step;
    const suggested = index === 0 && agent.takesModel ? this.story.suggestedModel : undefined;
    return { agent, suggested, model: suggested ?? step.model };
  }

  async #skip(): Promise<void> {
    const { journal } = this.shared.settlement;
    const left = { story_key: this.story.id, old_status: 'in_progress', new_status: 'skipped' } as const;
    await journal.record('story.status', left, { storyId: this.story.id });
  }

  /** The story gives its place free until a person has answered. */
  async #awaitAnswer(): Promise<void> {
    const { journal } = this.shared.settlement;
    const asks = {
      story_key: this.story.id,
      old_status: 'in_progress',
      new_status: 'blocked',
      reason: 'question',
    } as const;
    await journal.record('story.status', asks, { storyId: this.story.id });
  }

  /** The story ends without being done. */
  async #giveUp({ reason, message, spent }: StoryOver): Promise<void> {
    const { journal } = this.shared.settlement;
    const about = { storyId: this.story.id };
    if (spent)
      await journal.record('budget.exceeded', { ...spent, story_id: this.story.id }, { ...about, severity: 'warn' });
    await journal.record(
      'story.status',
      { story_key: this.story.id, old_status: 'in_progress', new_status: 'failed', reason },
      about,
    );
    await journal.record(
      'story.completed',
      {
        story_id: this.story.id,
        success: false,
        status: 'failed',
        commits: [],
        reason,
        ...(message !== undefined && { message }),
      },
      about,
    );
  }

  async #start(): Promise<void> {
    const { journal } = this.shared.settlement;
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
  async #attempt(
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
    const { attempts, questions } = this.#state();
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
    };
    const prompt = buildPrompt(plan, agent, story, { before, questions });
    const pauses = journal.pausesForRoom;
    let settled = await this.#work(context, prompt).catch(asFailure);
    if (!settled.ok && (await this.#wasSpoiled(pauses, last))) settled = err(diskFull);
    await removeWorktree(plan.repository, worktree);
    failpoint('coordinator.worktree-removed');
    await this.#end(attempt, settled.ok ? undefined : settled.error);
    failpoint('coordinator.attempt-recorded');
    if (settled.ok) await completeStory(settlement, story, this.#state().startedAt);
    else if (isLimit(settled.error.reason))
      await limits.reached(story.id, agent.name, settled.error.reason, settled.error);
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
    const { plan, run } = this.shared.settlement;
    const conflicts = await layOutConflict(plan.repository.root, { worktree, scratch: run.scratch }, base, before);
    if (!conflicts.ok) return err(gitFailed(conflicts.error));
    const copied = await copyFiles(plan, worktree);
    return copied.ok ? ok({ conflicts: conflicts.value, copied: copied.value }) : copied;
  }

  async #work(context: AttemptContext, prompt: string): Promise<Result<void, AttemptFailure>> {
    const { merges, judge, settlement, foresight } = this.shared;
    const attempted = await foresight.during(context, () => runAttempt(context, prompt, (of) => this.#save(of)));
    const candidate = attempted.ok ? await merges.onTip({ context, attempted: attempted.value }) : attempted;
    const judged = candidate.ok ? await judge.judge(candidate.value.context, candidate.value.attempted) : candidate;
    const problem = await settlement.guard.problem();
    if (problem) return err(problem);
    if (!candidate.ok) return candidate;
    return judged.ok ? merges.merge({ ...candidate.value, attempted: judged.value }) : judged;
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
    const { settlement, foresight } = this.shared;
    const { plan, runId, run } = settlement;
    const snapshot = await commitWorktree({
      worktree: context.worktree,
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
      scratch: run.scratch,
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

  #state(): StoryState {
    const state = this.shared.settlement.journal.state.stories.get(this.story.id);
    if (!state) throw new Error(`Internal error: ${this.story.id} is not in the run`);
    return state;
  }
}

const diskFull: AttemptFailure = { reason: 'interrupted', feedback: 'The disk was full.' };

const gitFailed = (failure: GitFailure): AttemptFailure => ({ reason: 'git-failed', feedback: gitText(failure) });

function asFailure(error: unknown): Result<never, AttemptFailure> {
  if (isDiskFull(error)) return err({ reason: 'environment', feedback: String(error) });
  throw error;
}
