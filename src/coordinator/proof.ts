import path from 'node:path';
import { failpoint } from '../primitives/failpoint.js';
import type { Proof } from '../events/catalogue.js';
import { fillTestCommand } from '../config/testCommand.js';
import { git } from '../git/git.js';
import { addWorktree, removeWorktree } from '../git/worktrees.js';
import type { Criterion } from '../prd/prd.js';
import { taskId, type AttemptContext } from './attemptContext.js';
import { execute, shellCommand, type Executed } from './execute.js';
import { parseTestCounts } from './testCounts.js';

/** A test that an agent named for a criterion. A claim only; it counts when we see it go from red to green. */
export interface Claim {
  readonly acIndex: number;
  readonly test: { readonly file: string; readonly name?: string } | undefined;
}

/** Whether each criterion that something can prove was proved; `unproved` when nothing could. */
export type CriterionOutcome =
  | { readonly kind: 'proved'; readonly proof: Proof; readonly durationMs: number }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'unproved' };

/**
 * Proves the criteria of one attempt on its commit. Commands and tests run in the attempt's worktree and, for the red
 * half, in a second worktree at the base, made when first needed.
 */
export class Prover implements AsyncDisposable {
  #baseWorktree: string | undefined;
  #runs = 0;

  constructor(
    readonly context: AttemptContext,
    readonly commit: string,
    readonly passedGates: ReadonlySet<string>,
  ) {}

  async prove(criterion: Criterion, claims: readonly Claim[]): Promise<CriterionOutcome> {
    const { check } = criterion;
    if (check?.kind === 'gate') {
      return this.passedGates.has(check.gate)
        ? { kind: 'proved', proof: { kind: 'gate', gate: check.gate, commit: this.commit }, durationMs: 0 }
        : { kind: 'unproved' };
    }
    if (check?.kind === 'command') return this.#command(check.command);
    for (const claim of claims) {
      if (claim.acIndex !== criterion.index || !claim.test) continue;
      const outcome = await this.#redToGreen(claim.test);
      if (outcome.kind === 'proved') return outcome;
    }
    return { kind: 'unproved' };
  }

  async #command(command: string): Promise<CriterionOutcome> {
    const green = await this.#run(this.context.worktree, shellCommand(command));
    if (!green.passed) return { kind: 'failed', message: `"${command}" failed:\n${green.output}` };
    const base = await this.#base();
    const red = base === undefined ? undefined : await this.#run(base, shellCommand(command));
    return {
      kind: 'proved',
      proof: { kind: 'command', command, commit: this.commit, red_on_base: red?.end.kind === 'exited' && !red.passed },
      durationMs: green.durationMs,
    };
  }

  /** Red: the test's file laid over the base fails. Green: the same test succeeds on the result. Both run by us. */
  async #redToGreen(test: { readonly file: string; readonly name?: string }): Promise<CriterionOutcome> {
    const template = this.context.plan.testCommand;
    const file = path.posix.normalize(test.file);
    if (!template || file.startsWith('../') || path.isAbsolute(file)) return { kind: 'unproved' };
    const [program, ...rest] = fillTestCommand(template, { ...test, file });
    const base = await this.#base();
    if (program === undefined || base === undefined) return { kind: 'unproved' };
    const overlaid = await git(base, ['checkout', '--quiet', this.commit, '--', `:(literal)${file}`]);
    if (!overlaid.ok) return { kind: 'unproved' };
    const red = await this.#run(base, [program, ...rest]);
    const restored = await git(base, ['reset', '--quiet', '--hard', this.context.base]);
    if (!restored.ok || red.end.kind !== 'exited' || red.passed) return { kind: 'unproved' };
    const green = await this.#run(this.context.worktree, [program, ...rest]);
    // Runners succeed when no test has the claimed name.
    const ran = test.name === undefined || (parseTestCounts(green.output)?.passed ?? 0) > 0;
    if (!green.passed || !ran) return { kind: 'unproved' };
    const name = test.name === undefined ? file : `${file}: ${test.name}`;
    return {
      kind: 'proved',
      proof: { kind: 'test', test: name, commit: this.commit, base: this.context.base },
      durationMs: green.durationMs,
    };
  }

  async #base(): Promise<string | undefined> {
    if (this.#baseWorktree === undefined) {
      const { plan, runId, base } = this.context;
      const added = await addWorktree(plan.repository, runId, taskId(this.context, 'base'), base);
      failpoint('coordinator.base-worktree-made');
      if (added.ok) this.#baseWorktree = added.value;
    }
    return this.#baseWorktree;
  }

  #run(cwd: string, argv: readonly [string, ...string[]]): Promise<Executed> {
    const { plan, run, runId, signal, story, attempt } = this.context;
    this.#runs += 1;
    return execute({
      argv,
      cwd,
      timeoutMs: plan.config.gateTimeout * 1_000,
      marker: runId,
      signal,
      outputFile: run.output(story.id, attempt, `check-${this.#runs}`),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#baseWorktree !== undefined) await removeWorktree(this.context.plan.repository, this.#baseWorktree);
  }
}
