import type { FailureReason } from '../events/failure.js';
import { insistsOnWeakening } from '../judge/checksKept.js';
import { needsPerson } from '../plan/attemptEnds.js';
import { climb, type Height, type LadderStep } from '../plan/ladder.js';
import type { Story } from '../prd/prd.js';
import { failpoint } from '../primitives/failpoint.js';
import { openQuestions } from '../state/questions.js';
import type { StoryState } from '../state/runState.js';
import { budgetText } from '../state/statusText.js';
import { spentBudget, type SpentBudget } from './budgets.js';
import { StoryAttempt, type SharedByStories, type Worker } from './storyAttempt.js';
import { StoryTime } from './storyTime.js';

/** Why a story gets no further attempt; `message` says it in words where the reason does not. */
interface StoryOver {
  readonly kind: 'over';
  readonly reason: FailureReason;
  readonly message?: string;
  readonly spent?: SpentBudget;
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
  readonly #attempt: StoryAttempt;
  #skipped: Promise<true> | undefined;

  constructor(
    readonly shared: SharedByStories,
    readonly story: Story,
  ) {
    this.#time = new StoryTime(shared.clock, shared.settlement.plan.config.storyTimeout);
    this.#attempt = new StoryAttempt(shared, story, this.#time);
  }

  async run(): Promise<void> {
    const { settlement, control, pausing, limits, budget, places } = this.shared;
    const { journal } = settlement;
    await this.#start();
    failpoint('coordinator.story-begun');
    while (!control.stopping.aborted) {
      await journal.awaitRoom();
      // Which it left if its last attempt had to wait in the merge queue.
      await Promise.race([places.take(this.story.id), this.#untilSkipped()]);
      const next = this.#height();
      if (next.kind === 'step') {
        const goesOn = limits.whileReached(next.step.agent.name);
        if (!(await Promise.race([goesOn, this.#untilSkipped()]))) return;
      }
      const stopping = control.beginAttempt(this.story.id);
      const { attempts, requested } = this.#state;
      if (requested === 'skip') return this.#skip();
      if (openQuestions(this.#state).length > 0) return this.#awaitAnswer();
      const height = this.#height();
      if (height.kind === 'over') return this.#giveUp(height);
      if (await budget.isSpent()) return;
      const signal = AbortSignal.any([stopping, this.#time.over]);
      const attempt = () => this.#attempt.run((attempts.at(-1)?.attempt ?? 0) + 1, signal, this.#worker(height));
      const ended = await pausing.during(() => this.#time.during(attempt), signal);
      if (ended.ok) return;
      if (needsPerson(ended.error.reason)) limits.obstruct(ended.error.feedback);
    }
  }

  /** True when the story is to be left out: it waits for nothing then. */
  #untilSkipped(): Promise<true> {
    return (this.#skipped ??= this.#watchForSkip());
  }

  async #watchForSkip(): Promise<true> {
    while (this.#state.requested !== 'skip') await this.shared.control.nextWish();
    return true;
  }

  /** The step of the next attempt, or why none follows. */
  #height(): Extract<Height<LadderStep>, { kind: 'step' }> | StoryOver {
    const { seconds, over } = this.#time;
    const { attempts: all, forgiven = 0 } = this.#state;
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

  get #state(): StoryState {
    return this.shared.settlement.journal.story(this.story.id);
  }
}
