import type { AttemptContext } from '../attempt/attemptContext.js';
import { mergeTrees } from '../git/rebase.js';
import { commitWorktree } from '../git/snapshot.js';
import type { Clock } from '../primitives/clock.js';
import type { Settlement } from './settle.js';

/** Between two looks, milliseconds; longer where looking takes long, so that at most a twentieth of the time goes into it. */
const LEAST_PAUSE_MS = 5_000;
const PAUSE_FOR_LOOK = 20;

interface Look {
  readonly story: string;
  readonly commit: string;
}

/**
 * Looks, while stories are at work at the same time, whether what they made so far fits together, and tells which files
 * do not: a merge that nobody makes. It changes nothing, and holds nobody up.
 */
export class Foresight implements AsyncDisposable {
  readonly #working = new Map<string, AttemptContext>();
  /** Two stories → the files in which they contradict each other, as last told. */
  readonly #told = new Map<string, string>();
  #timer: Disposable | undefined;
  #looking: Promise<void> = Promise.resolve();

  constructor(
    private readonly settlement: Settlement,
    private readonly clock: Clock,
  ) {}

  /** Keeps an eye on the attempt's worktree while `work` goes on. */
  async during<T>(context: AttemptContext, work: () => Promise<T>): Promise<T> {
    const { id } = context.story;
    this.#working.set(id, context);
    this.#timer ??= this.#after(LEAST_PAUSE_MS);
    try {
      return await work();
    } finally {
      this.#working.delete(id);
      for (const pair of [...this.#told.keys()]) if (pair.split(' ').includes(id)) this.#told.delete(pair);
      // The worktree is about to go.
      await this.#looking;
    }
  }

  #after(ms: number): Disposable {
    return this.clock.after(ms, () => {
      const start = this.clock.monotonic();
      // What cannot be looked at now is looked at later; a lost journal is noticed by everybody else.
      this.#looking = this.#look().catch(() => {});
      void this.#looking.then(() => {
        const took = this.clock.monotonic() - start;
        this.#timer = this.#working.size > 0 ? this.#after(Math.max(LEAST_PAUSE_MS, took * PAUSE_FOR_LOOK)) : undefined;
      });
    });
  }

  async #look(): Promise<void> {
    if (this.#working.size < 2) return;
    const looks: Look[] = [];
    for (const context of [...this.#working.values()]) {
      const look = await this.#snapshot(context);
      if (look) looks.push(look);
    }
    for (const [index, one] of looks.entries())
      for (const other of looks.slice(index + 1)) await this.#compare(one, other);
  }

  async #snapshot({ plan, run, worktree, base, story }: AttemptContext): Promise<Look | undefined> {
    const made = await commitWorktree({
      ...{ worktree, base, keep: [plan.prdPath], trailers: {}, scratch: run.scratch },
      message: `${story.id}, so far`,
      identity: plan.repository.identity,
    });
    return made.ok && made.value.files.length > 0 ? { story: story.id, commit: made.value.commit } : undefined;
  }

  async #compare(one: Look, other: Look): Promise<void> {
    const { journal, plan } = this.settlement;
    const merged = await mergeTrees(plan.repository.root, one.commit, other.commit);
    const areAtWork = this.#working.has(one.story) && this.#working.has(other.story);
    if (!merged.ok || !areAtWork) return;
    const pair = `${one.story} ${other.story}`;
    const files = merged.value.conflicts;
    if ((this.#told.get(pair) ?? '') === files.join('\n')) return;
    this.#told.set(pair, files.join('\n'));
    await journal.record(
      'conflict.foreseen',
      { story_id: one.story, other_story: other.story, files: [...files] },
      { storyId: one.story },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    await this.#looking;
  }
}
