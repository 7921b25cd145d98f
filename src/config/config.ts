import path from 'node:path';
import * as z from 'zod';
import { hubSection } from './hubConfig.js';

const argv = z.array(z.string().min(1)).min(1);
const seconds = z.number().positive();
/** 0: no limit. No timer waits longer than the maximum. */
const secondsOrNever = z.number().min(0).max(2_000_000);

/** A path or glob, with slashes, that leads nowhere but into the repository. */
const insidePath = z
  .string()
  .min(1)
  .refine(
    (glob) => !path.posix.isAbsolute(glob) && !path.win32.isAbsolute(glob) && !glob.split(/[\\/]/).includes('..'),
    'a path starts at the root of the repository and stays in it',
  );

/** `required: false`: what it finds is a warning, and sends nothing back. */
const gateConfig = z.union([argv, z.strictObject({ command: argv, required: z.boolean().optional() })]);
export type GateConfig = z.infer<typeof gateConfig>;

/** Claude Code's own modes that make sense when nobody is there to answer. */
export const claudePermissionModes = ['acceptEdits', 'auto', 'dontAsk', 'bypassPermissions', 'plan'] as const;

const claudeConfig = z.strictObject({
  /** The program: a name on the PATH, or a path. */
  path: z.string().min(1).optional(),
  permissionMode: z.enum(claudePermissionModes).optional(),
  /** What it may do besides, as Claude Code writes rules: `Bash(npm test:*)`. */
  allowedTools: z.array(z.string().regex(/^[^-]/, 'a rule does not begin with "-"')).optional(),
  model: z.string().min(1).optional(),
  /** Further arguments. */
  args: z.array(z.string()).optional(),
});
export type ClaudeConfig = z.infer<typeof claudeConfig>;

const count = z.number().int().positive().optional();
const usd = z.number().positive().optional();

/** Ceilings of what is used, by a story and by a run, over all its executions. Absent: none. */
const budgetConfig = z.strictObject({
  storyAttempts: count,
  runAttempts: count,
  storyTokens: count,
  runTokens: count,
  storyUsd: usd,
  runUsd: usd,
});
export type BudgetConfig = z.infer<typeof budgetConfig>;

/** Who works on a story for some attempts (1), before the next one takes over. */
const ladderStep = z.strictObject({
  agent: z.string().min(1).optional(),
  model: z.string().min(1).optional(),
  attempts: z.number().int().min(1).max(20).optional(),
});

/** What a criterion takes to count as met (see docs of `storyloop.proof`). */
export const proofPolicies = ['trusting', 'standard', 'strict'] as const;
export type ProofPolicy = (typeof proofPolicies)[number];

/** Who looks at a result that no command can prove. Absent: the agent of a story's first attempt. */
const reviewerConfig = z.strictObject({
  agent: z.string().min(1).optional(),
  model: z.string().min(1).optional(),
});

/**
 * What a run needs to know, the same names everywhere: VS Code settings `storyloop.*`, `~/.storyloop/config.json`, a
 * repository's `.storyloop.json`.
 */
export const configSchema = z.strictObject({
  /** Name of the agent: "claude", "command" or "scripted". */
  agent: z.string().min(1).optional(),
  agents: z
    .strictObject({
      claude: claudeConfig.optional(),
      /** Argument vector; `{prompt_file}`, `{story_id}`, `{worktree}` are replaced within an argument. No shell. */
      command: z.strictObject({ argv }).optional(),
      /** Absolute path of the script to play. */
      scripted: z.strictObject({ script: z.string().min(1) }).optional(),
    })
    .optional(),
  /** Gate name → command, an argument vector, or what else there is to say of it. Absent: the npm scripts test, typecheck and lint that exist. */
  gates: z.record(z.string().regex(/^[a-z][a-z0-9-]{0,31}$/), gateConfig).optional(),
  /**
   * How to run one test, for red-to-green proofs; `{file}` and `{name}` are replaced, the name with the special
   * characters of patterns escaped. Arguments with `{name}` are left out when only a file is known. Absent: derived
   * from the test script.
   */
  testCommand: argv.optional(),
  /** Percent of lines that the tests of the gate `test` have to cover, by what they print. Absent, or 0: any. */
  minCoverage: z.number().min(0).max(100).optional(),
  /** JUnit XML that the gate "test" writes, as a path or glob in the worktree. */
  testReport: insidePath.optional(),
  /** Whether known vulnerabilities are looked up where no gates are configured. */
  securityScan: z.boolean().optional(),
  proof: z.enum(proofPolicies).optional(),
  reviewer: reviewerConfig.optional(),
  /** Files of the checkout that are not in git and that each new worktree gets, before it is set up. */
  copy: z.array(insidePath).optional(),
  /** Executed in each new worktree before the agent. */
  setup: z.array(argv).optional(),
  /** How many stories run at the same time. */
  workers: z.number().int().min(1).max(16).optional(),
  /** How many runs of the user go on at the same time, of all repositories; further ones wait for their turn. */
  maxRuns: z.number().int().min(1).max(64).optional(),
  attempts: z.number().int().min(1).max(20).optional(),
  /** What the attempts of a story climb, instead of `attempts` with one agent. */
  ladder: z.array(ladderStep).max(20).optional(),
  attemptTimeout: seconds.optional(),
  /** How long an agent may give no sign of life. */
  idleTimeout: secondsOrNever.optional(),
  /** How long a story's attempts, and a run, may take in one execution. */
  storyTimeout: secondsOrNever.optional(),
  runTimeout: secondsOrNever.optional(),
  /** Megabytes that each agent, gate and check may have in memory with all it starts, and that a worktree may grow to. 0: no limit. */
  attemptMemory: z.number().min(0).optional(),
  attemptDisk: z.number().min(0).optional(),
  budget: budgetConfig.optional(),
  gateTimeout: seconds.optional(),
  /** What the hub is told; not for repositories. */
  hub: hubSection.optional(),
  run: z
    .strictObject({
      /** What a run does when its terminal is closed: stop in good order (the default), or go on without it. */
      onTerminalClose: z.enum(['stop', 'continue']).optional(),
    })
    .optional(),
});
export type Config = z.infer<typeof configSchema>;

/** A configuration with defaults filled in. Times are in seconds. */
export type ResolvedConfig = Config & {
  readonly agent: string;
  readonly securityScan: boolean;
  readonly proof: ProofPolicy;
  readonly workers: number;
  readonly maxRuns: number;
  readonly attempts: number;
  readonly attemptTimeout: number;
  readonly idleTimeout: number;
  readonly storyTimeout: number;
  readonly runTimeout: number;
  readonly attemptMemory: number;
  readonly attemptDisk: number;
  readonly gateTimeout: number;
};
