import { resolveGates, type Gate } from '../config/gates.js';
import { addWorktree, removeWorktree } from '../git/worktrees.js';
import { failpoint } from '../primitives/failpoint.js';
import { Sequence } from '../primitives/sequence.js';
import { setUp } from './attempt.js';
import type { AttemptContext } from './attemptContext.js';
import { runGate, type GateRun } from './gateRun.js';
import type { Settlement } from './settle.js';

/** One commit that attempts build on. */
interface Base {
  /** Its worktree, set up; undefined when that cannot be had. */
  readonly worktree: Promise<string | undefined>;
  /** Gates run there one after the other. */
  readonly turns: Sequence;
  /** How many want something of it right now. */
  users: number;
}

/**
 * What gates say of the commits that attempts build on, found out when first asked for and remembered for the life of
 * the process. The stories of a run share it.
 */
export class Baselines implements AsyncDisposable {
  readonly #bases = new Map<string, Base>();
  readonly #runs = new Map<string, Promise<GateRun | undefined>>();
  #made = 0;

  constructor(private readonly settlement: Settlement) {}

  /** The gate as run on the attempt's base; undefined when it could not be run there. */
  async of(context: AttemptContext, gate: Gate): Promise<GateRun | undefined> {
    const key = `${context.base} ${gate.name}`;
    // When it came to nothing with another attempt, that may have been that attempt's end.
    const known = await this.#runs.get(key);
    if (known) return known;
    const running = this.#runs.get(key) ?? this.#run(context, gate);
    this.#runs.set(key, running);
    const run = await running;
    if (!run && this.#runs.get(key) === running) this.#runs.delete(key);
    return run;
  }

  async #run(context: AttemptContext, gate: Gate): Promise<GateRun | undefined> {
    const base = this.#base(context);
    base.users += 1;
    try {
      await this.#removeIdle();
      const cwd = await base.worktree;
      if (cwd !== undefined) return await base.turns.run(() => runOnBase(context, gate, cwd));
      if (this.#bases.get(context.base) === base) this.#bases.delete(context.base);
      return undefined;
    } finally {
      base.users -= 1;
    }
  }

  #base(context: AttemptContext): Base {
    const known = this.#bases.get(context.base);
    const base = known ?? { worktree: this.#makeWorktree(context), turns: new Sequence(), users: 0 };
    this.#bases.set(context.base, base);
    return base;
  }

  /** Attempts that run at the same time have no more bases than there are workers; older ones only take room. */
  async #removeIdle(): Promise<void> {
    if (this.#bases.size <= this.settlement.plan.config.workers) return;
    const idle = [...this.#bases].find(([, { users }]) => users === 0);
    if (idle) await this.#remove(...idle);
  }

  async #makeWorktree(context: AttemptContext): Promise<string | undefined> {
    const { plan, runId } = this.settlement;
    const { base } = context;
    const name = `base-${base.slice(0, 12)}-${(this.#made += 1)}`;
    const added = await addWorktree(plan.repository, runId, name, base);
    if (!added.ok) return undefined;
    failpoint('coordinator.baseline-made');
    const prepared = await setUp(context, { cwd: added.value, output: 'base-setup' });
    if (prepared.ok) return added.value;
    await removeWorktree(plan.repository, added.value);
    return undefined;
  }

  async #remove(commit: string, { worktree, turns }: Base): Promise<void> {
    this.#bases.delete(commit);
    const path = await worktree;
    if (path !== undefined) await turns.run(() => removeWorktree(this.settlement.plan.repository, path));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const base of [...this.#bases]) await this.#remove(...base);
  }
}

/** Undefined: it is no gate there that a person approved, or something other than the base had a say in how it ended. */
async function runOnBase(context: AttemptContext, gate: Gate, cwd: string): Promise<GateRun | undefined> {
  const { plan, journal, signal } = context;
  const there = await resolveGates(cwd, plan.config);
  if (!there.some(({ name, text }) => name === gate.name && text === gate.text)) return undefined;
  const pauses = journal.pausesForRoom;
  const run = await runGate(context, gate, { cwd, output: `base-${gate.name}` });
  failpoint('coordinator.baseline-known');
  const lackedRoom = journal.pausesForRoom > pauses || !(await journal.room.isThere());
  return signal.aborted || lackedRoom ? undefined : run;
}
