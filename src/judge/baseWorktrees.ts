import type { AttemptContext } from '../attempt/attemptContext.js';
import { copyFiles } from '../attempt/copyFiles.js';
import { prepareWorktree } from '../attempt/setUp.js';
import { resetWorktree } from '../git/resetWorktree.js';
import { addWorktree, removeWorktree } from '../git/worktrees.js';
import type { RunPlan } from '../plan/plan.js';
import { failpoint } from '../primitives/failpoint.js';
import { Sequence } from '../primitives/sequence.js';

/** One commit that attempts build on. */
interface Base {
  /** Its worktree, set up; undefined when that cannot be had. */
  readonly worktree: Promise<string | undefined>;
  /** One at a time is at work there. */
  readonly turns: Sequence;
  /** How many want something of it right now. */
  users: number;
  /** What ran there has broken it. */
  isBroken: boolean;
}

/**
 * The commits that attempts build on, checked out and set up when somebody first wants to see how things were there. The
 * stories of a run share them.
 */
export class BaseWorktrees implements AsyncDisposable {
  readonly #bases = new Map<string, Base>();
  #made = 0;

  constructor(
    private readonly plan: RunPlan,
    private readonly runId: string,
    /** How their folders are called, before the commit. */
    private readonly name: string,
  ) {}

  /**
   * What `look` says of the attempt's base, in its turn; undefined when there is no such worktree. What it leaves there,
   * ignored files excepted, is gone before the next one looks.
   */
  async use<T>(context: AttemptContext, look: (cwd: string) => Promise<T>): Promise<T | undefined> {
    for (let tries = 0; tries < 2 && !context.signal.aborted; tries += 1) {
      const base = this.#base(context);
      base.users += 1;
      try {
        await this.#removeIdle();
        const cwd = await base.worktree;
        const looked = cwd === undefined ? undefined : await base.turns.run(() => this.#look(context, base, cwd, look));
        if (looked) return looked.found;
      } finally {
        base.users -= 1;
        // Whoever wanted it first may have been stopped while it was set up: that says nothing of it.
        const isLost = base.isBroken || (await base.worktree) === undefined;
        if (isLost && this.#bases.get(context.base) === base) await this.#remove(context.base, base);
      }
    }
    return undefined;
  }

  async #look<T>(
    { base: commit }: AttemptContext,
    base: Base,
    cwd: string,
    look: (cwd: string) => Promise<T>,
  ): Promise<{ readonly found: T } | undefined> {
    if (base.isBroken) return undefined;
    try {
      return { found: await look(cwd) };
    } finally {
      base.isBroken = !(await resetWorktree(this.plan.repository, cwd, commit));
      // What git does not ignore went, too.
      if (!base.isBroken) await copyFiles(this.plan, cwd);
    }
  }

  #base(context: AttemptContext): Base {
    const known = this.#bases.get(context.base);
    const base = known ?? {
      worktree: this.#make(context).catch(() => undefined),
      turns: new Sequence(),
      users: 0,
      isBroken: false,
    };
    this.#bases.set(context.base, base);
    return base;
  }

  /** With more bases than workers one that nobody uses goes: most often an old one, which only takes room. */
  async #removeIdle(): Promise<void> {
    if (this.#bases.size <= this.plan.config.workers) return;
    const idle = [...this.#bases].find(([, { users }]) => users === 0);
    if (idle) await this.#remove(...idle);
  }

  async #make(context: AttemptContext): Promise<string | undefined> {
    const { repository } = this.plan;
    const { base } = context;
    const name = `${this.name}-${base.slice(0, 12)}-${(this.#made += 1)}`;
    const added = await addWorktree(repository, this.runId, name, base);
    if (!added.ok) return undefined;
    failpoint('coordinator.base-worktree-made');
    const prepared = await prepareWorktree(context, { cwd: added.value, output: 'base-setup' });
    if (prepared.ok) return added.value;
    await removeWorktree(repository, added.value);
    return undefined;
  }

  async #remove(commit: string, { worktree, turns }: Base): Promise<void> {
    this.#bases.delete(commit);
    const path = await worktree;
    if (path !== undefined) await turns.run(() => removeWorktree(this.plan.repository, path));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const base of [...this.#bases]) await this.#remove(...base);
  }
}
