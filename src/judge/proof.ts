import path from 'node:path';
import type { Claim } from '../attempt/attempt.js';
import type { AttemptContext } from '../attempt/attemptContext.js';
import { execute, shellCommand, type Executed } from '../attempt/execute.js';
import { fillTestCommand } from '../config/testCommand.js';
import type { Proof } from '../events/proof.js';
import { git } from '../git/git.js';
import type { Criterion } from '../prd/prd.js';
import type { BaseWorktrees } from './baseWorktrees.js';
import { parseTestCounts } from './testCounts.js';

/** Whether each criterion that something can prove was proved; `unproved` when nothing could. */
export type CriterionOutcome =
  | { readonly kind: 'proved'; readonly proof: Proof; readonly durationMs: number }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'unproved' };

const unproved: CriterionOutcome = { kind: 'unproved' };

/**
 * Proves criteria of one attempt on its commit by what we run ourselves, in the attempt's worktree and, for the red half,
 * in that of its base.
 */
export class Prover {
  #runs = 0;

  constructor(
    readonly context: AttemptContext,
    readonly commit: string,
    readonly passedGates: ReadonlySet<string>,
    readonly bases: BaseWorktrees,
  ) {}

  async prove(criterion: Criterion, claims: readonly Claim[]): Promise<CriterionOutcome> {
    const { check } = criterion;
    if (check?.kind === 'gate') {
      return this.passedGates.has(check.gate)
        ? { kind: 'proved', proof: { kind: 'gate', gate: check.gate, commit: this.commit }, durationMs: 0 }
        : unproved;
    }
    if (check?.kind === 'command') return this.#command(check.command);
    for (const claim of claims) {
      if (claim.acIndex !== criterion.index || !claim.test) continue;
      const outcome = await this.#redToGreen(claim.test);
      if (outcome.kind === 'proved') return outcome;
    }
    return unproved;
  }

  async #command(command: string): Promise<CriterionOutcome> {
    const argv = shellCommand(command);
    const green = await this.#run(this.context.worktree, argv);
    if (!green.passed) return { kind: 'failed', message: `"${command}" failed:\n${green.output}` };
    const red = await this.bases.use(this.context, (base) => this.#run(base, argv));
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
    if (!template || file.startsWith('../') || path.isAbsolute(file)) return unproved;
    const [program, ...rest] = fillTestCommand(template, { ...test, file });
    if (program === undefined) return unproved;
    const argv = [program, ...rest] as const;
    const isRed = await this.bases.use(this.context, (base) => this.#isRed(base, file, argv));
    if (isRed !== true) return unproved;
    const green = await this.#run(this.context.worktree, argv);
    // Runners succeed when no test has the claimed name.
    const ran = test.name === undefined || (parseTestCounts(green.output)?.passed ?? 0) > 0;
    if (!green.passed || !ran) return unproved;
    const name = test.name === undefined ? file : `${file}: ${test.name}`;
    return {
      kind: 'proved',
      proof: { kind: 'test', test: name, commit: this.commit, base: this.context.base },
      durationMs: green.durationMs,
    };
  }

  async #isRed(base: string, file: string, argv: readonly [string, ...string[]]): Promise<boolean> {
    const overlaid = await git(base, ['checkout', '--quiet', this.commit, '--', `:(literal)${file}`]);
    const red = overlaid.ok ? await this.#run(base, argv) : undefined;
    return red?.end.kind === 'exited' && !red.passed;
  }

  #run(cwd: string, argv: readonly [string, ...string[]]): Promise<Executed> {
    this.#runs += 1;
    return execute(this.context, { argv, cwd, output: `check-${this.#runs}` });
  }
}
