import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import type { AttemptContext } from '../attempt/attemptContext.js';
import { worktreeFiles } from '../attempt/worktreeFiles.js';
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
 * Looks, while agents are at work at the same time, which files they have changed so far, whether what they made fits
 * together, and tells which files do not: a merge that nobody makes. It changes nothing, leaves nothing behind, and holds
 * nobody up.
 */
export class Foresight implements AsyncDisposable {
  readonly #working = new Map<string, AttemptContext>();
  /** Story → other story → the files in which they contradict each other, as last told. */
  readonly #told = new Map<string, Map<string, string>>();
  /** Story → the files that it has changed, as last seen; until its work is merged or given up. */
  readonly #touched = new Map<string, readonly string[]>();
  /** How many have to be at work for a look to be worth it. */
  readonly #worthLooking: number;
  /** How many wait for the end of a look. */
  #leaving = 0;
  #timer: Disposable | undefined;
  #looking: Promise<void> = Promise.resolve();

  constructor(
    private readonly settlement: Settlement,
    private readonly clock: Clock,
  ) {
    const { config, prd } = settlement.plan;
    // What one alone changes matters to those that may come to its side.
    const someMayWait = config.workers > 1 && prd.stories.some(({ fileScope }) => fileScope.length > 0);
    this.#worthLooking = someMayWait ? 1 : 2;
  }

  touchedBy(story: string): readonly string[] {
    return this.#touched.get(story) ?? [];
  }

  /** What an attempt has changed, seen by somebody else. */
  saw(story: string, files: readonly string[]): void {
    this.#touched.set(story, files);
  }

  forget(story: string): void {
    this.#touched.delete(story);
  }

  /** Keeps an eye on the attempt's worktree while its agent is at work. */
  async during<T>(context: AttemptContext, work: () => Promise<T>): Promise<T> {
    const { id } = context.story;
    this.#working.set(id, context);
    this.#timer ??= this.#after(LEAST_PAUSE_MS);
    try {
      return await work();
    } finally {
      this.#working.delete(id);
      // The worktree is about to be moved, and nobody waits for a look at the others.
      this.#leaving += 1;
      await this.#looking;
      this.#leaving -= 1;
      await this.#takeBack(id);
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
    if (this.#working.size < this.#worthLooking) return;
    const { run } = this.settlement;
    // Objects that nobody needs afterwards.
    await mkdir(run.scratch, { recursive: true, mode: 0o700 });
    const objects = await mkdtemp(path.join(run.scratch, 'foresight-'));
    try {
      const looks: Look[] = [];
      for (const context of [...this.#working.values()]) {
        if (this.#leaving > 0) return;
        const commit = await this.#snapshot(context, objects);
        if (commit !== undefined) looks.push({ story: context.story.id, commit });
      }
      for (const [index, one] of looks.entries()) {
        for (const other of looks.slice(index + 1)) {
          if (this.#leaving > 0) return;
          await this.#compare(one, other, objects);
        }
      }
    } finally {
      await rm(objects, { recursive: true, force: true });
    }
  }

  async #snapshot(context: AttemptContext, objects: string): Promise<string | undefined> {
    const { plan, base, copied, story } = context;
    const made = await commitWorktree({
      ...worktreeFiles(context, context.worktree),
      ...{ base, keep: [plan.prdPath], foreign: copied, trailers: {}, objects },
      message: `${story.id}, so far`,
      identity: plan.repository.identity,
    });
    if (!made.ok) return undefined;
    this.saw(story.id, made.value.files);
    return made.value.commit;
  }

  async #compare(one: Look, other: Look, objects: string): Promise<void> {
    const { repository } = this.settlement.plan;
    const merged = await mergeTrees(repository.root, one.commit, other.commit, {
      objects,
      commonDir: repository.commonDir,
    });
    if (!merged.ok) return;
    const { conflicts } = merged.value;
    await this.#tell(one.story, other.story, conflicts);
    await this.#tell(other.story, one.story, conflicts);
  }

  async #tell(story: string, other: string, files: readonly string[]): Promise<void> {
    const known = this.#told.get(story)?.get(other) ?? '';
    const isAtWork = this.#working.has(story) && this.#working.has(other);
    if (!isAtWork || known === files.join('\n')) return;
    await this.#record(story, other, files);
  }

  /** What is told of a story at work is told of no other one any more once its agent has ended. */
  async #takeBack(id: string): Promise<void> {
    this.#told.delete(id);
    for (const [story, others] of this.#told) {
      if ((others.get(id) ?? '') === '') continue;
      // A lost journal is noticed by everybody else.
      await this.#record(story, id, []).catch(() => {});
    }
  }

  async #record(story: string, other: string, files: readonly string[]): Promise<void> {
    const others = this.#told.get(story) ?? new Map<string, string>();
    this.#told.set(story, others.set(other, files.join('\n')));
    const told = { story_id: story, other_story: other, files: [...files] };
    await this.settlement.journal.record('conflict.foreseen', told, { storyId: story });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    await this.#looking;
    this.#timer = undefined;
  }
}
