import type { Gate } from '../config/gates.js';
import type { AttemptContext } from '../attempt/attemptContext.js';
import { resolveGatesBesideHook } from '../plan/gates.js';
import { failpoint } from '../primitives/failpoint.js';
import type { BaseWorktrees } from './baseWorktrees.js';
import { runGate, type GateRun } from './gateRun.js';

/**
 * What gates say of the commits that attempts build on, found out when first asked for and remembered for the life of
 * the process. The stories of a run share it.
 */
export class Baselines {
  readonly #runs = new Map<string, Promise<GateRun | undefined>>();

  constructor(private readonly bases: BaseWorktrees) {}

  /** The gate as run on the attempt's base; undefined when it could not be run there. No hook: nothing is staged there. */
  async of(context: AttemptContext, gate: Gate): Promise<GateRun | undefined> {
    const key = `${context.base} ${gate.name}`;
    // When it came to nothing with another attempt, that may have been that attempt's end.
    const known = await this.#runs.get(key);
    if (known) return known;
    const running = this.#runs.get(key) ?? this.bases.use(context, (cwd) => runOnBase(context, gate, cwd));
    this.#runs.set(key, running);
    const run = await running;
    if (!run && this.#runs.get(key) === running) this.#runs.delete(key);
    return run;
  }
}

/** Undefined: it is no gate there that a person approved, or something other than the base had a say in how it ended. */
async function runOnBase(context: AttemptContext, gate: Gate, cwd: string): Promise<GateRun | undefined> {
  const { plan, journal, signal } = context;
  const there = await resolveGatesBesideHook(cwd, plan.config);
  if (!there.some(({ name, text }) => name === gate.name && text === gate.text)) return undefined;
  const pauses = journal.pausesForRoom;
  const run = await runGate(context, gate, { cwd, output: `base-${gate.name}` });
  failpoint('coordinator.baseline-known');
  const lackedRoom = journal.pausesForRoom > pauses || !(await journal.room.isThere());
  return signal.aborted || lackedRoom ? undefined : run;
}
