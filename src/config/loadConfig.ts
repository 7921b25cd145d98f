import path from 'node:path';
import * as z from 'zod';
import { err, ok, type Result } from '../primitives/result.js';
import type { UserPaths } from '../session/paths.js';
import { commandText } from './commandText.js';
import {
  configSchema,
  proofPolicies,
  type BudgetConfig,
  type Config,
  type ProofPolicy,
  type ResolvedConfig,
} from './config.js';
import { gateCommand } from './gates.js';
import { readJson } from './jsonFile.js';

export interface ConfigSources {
  readonly user: UserPaths;
  readonly repositoryRoot: string;
  /** Flags, or what VS Code's settings say: they win. */
  readonly overrides: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface LoadedConfig {
  readonly config: ResolvedConfig;
  /** Commands that the repository's own file names: a person has to see them before they run. */
  readonly repositoryTexts: readonly string[];
}

const REPOSITORY_FILE = '.storyloop.json';

export const runDefaults = {
  securityScan: true,
  proof: 'standard' as ProofPolicy,
  workers: 3,
  maxRuns: 3,
  attempts: 3,
  attemptTimeout: 1_800,
  idleTimeout: 900,
  storyTimeout: 0,
  runTimeout: 0,
  attemptMemory: 0,
  attemptDisk: 0,
  gateTimeout: 600,
};

/** What the environment may say of runs: variable → where it belongs. */
export const runVariables: Readonly<Record<string, (value: string) => unknown>> = {
  STORYLOOP_AGENT: (agent) => ({ agent }),
  STORYLOOP_SCRIPT: (script) => ({ agents: { scripted: { script } } }),
  STORYLOOP_WORKERS: (workers) => ({ workers: asNumber(workers) }),
  STORYLOOP_MIN_COVERAGE: (percent) => ({ minCoverage: asNumber(percent) }),
  STORYLOOP_MAX_RUNS: (runs) => ({ maxRuns: asNumber(runs) }),
  STORYLOOP_PROOF: (proof) => ({ proof }),
  STORYLOOP_ATTEMPTS: (attempts) => ({ attempts: asNumber(attempts) }),
  STORYLOOP_ATTEMPT_TIMEOUT: (seconds) => ({ attemptTimeout: asNumber(seconds) }),
  STORYLOOP_IDLE_TIMEOUT: (seconds) => ({ idleTimeout: asNumber(seconds) }),
  STORYLOOP_STORY_TIMEOUT: (seconds) => ({ storyTimeout: asNumber(seconds) }),
  STORYLOOP_RUN_TIMEOUT: (seconds) => ({ runTimeout: asNumber(seconds) }),
  STORYLOOP_ATTEMPT_MEMORY: (megabytes) => ({ attemptMemory: asNumber(megabytes) }),
  STORYLOOP_ATTEMPT_DISK: (megabytes) => ({ attemptDisk: asNumber(megabytes) }),
  STORYLOOP_BUDGET_STORY_ATTEMPTS: (attempts) => ({ budget: { storyAttempts: asNumber(attempts) } }),
  STORYLOOP_BUDGET_RUN_ATTEMPTS: (attempts) => ({ budget: { runAttempts: asNumber(attempts) } }),
  STORYLOOP_BUDGET_STORY_TOKENS: (tokens) => ({ budget: { storyTokens: asNumber(tokens) } }),
  STORYLOOP_BUDGET_RUN_TOKENS: (tokens) => ({ budget: { runTokens: asNumber(tokens) } }),
  STORYLOOP_BUDGET_STORY_USD: (usd) => ({ budget: { storyUsd: asNumber(usd) } }),
  STORYLOOP_BUDGET_RUN_USD: (usd) => ({ budget: { runUsd: asNumber(usd) } }),
  STORYLOOP_RUN_ON_TERMINAL_CLOSE: (onTerminalClose) => ({ run: { onTerminalClose } }),
  STORYLOOP_GATE_TIMEOUT: (seconds) => ({ gateTimeout: asNumber(seconds) }),
};

/**
 * `~/.storyloop/config.json` ← the repository's `.storyloop.json` ← environment ← overrides. The error names the
 * source and the value of everything that is wrong, one a line.
 */
export async function loadConfig(sources: ConfigSources): Promise<Result<LoadedConfig, string>> {
  const { user, repositoryRoot, overrides, env } = sources;
  const repositoryFile = path.join(repositoryRoot, REPOSITORY_FILE);
  const layers = [
    await readLayer(user.config, user.config),
    await readRepositoryLayer(repositoryFile),
    ...Object.entries(runVariables).flatMap(([name, place]) => {
      const value = env[name];
      return value === undefined || value === '' ? [] : [check(place(value), name)];
    }),
    check(overrides, 'option'),
  ];
  const faults = layers.flatMap((layer) => (layer.ok ? [] : [layer.error]));
  if (faults.length > 0) return err(faults.join('\n'));

  const folders = [path.dirname(user.config), repositoryRoot];
  const configs = layers.map((layer, index) => withAbsoluteScript(layer.ok ? layer.value : {}, folders[index]));
  const own = configs[0] ?? {};
  const heeded = configs.map((config, index) => (index === 1 ? withinUsers(config, own) : config));
  const merged = heeded.reduce<Config & typeof runDefaults>(
    (below, above) => ({
      ...below,
      ...defined(above),
      agents: { ...below.agents, ...above.agents },
      budget: { ...below.budget, ...above.budget },
    }),
    runDefaults,
  );
  const config = { ...merged, agent: merged.agent ?? defaultAgent(merged) };
  return ok({ config, repositoryTexts: commandsOf(configs[1] ?? {}) });
}

/** A repository may ask for more proof and checks than its user, and for lower ceilings: not the other way round. */
function withinUsers({ proof, securityScan, budget = {}, ...config }: Config, own: Config): Config {
  const least = proofPolicies.indexOf(own.proof ?? runDefaults.proof);
  const isWeaker = proof !== undefined && proofPolicies.indexOf(proof) < least;
  const isWithin = ([name, ceiling = Infinity]: [string, number | undefined]): boolean =>
    ceiling <= (own.budget?.[name as keyof BudgetConfig] ?? Infinity);
  return {
    ...config,
    ...(proof !== undefined && !isWeaker && { proof }),
    ...(securityScan === true && { securityScan }),
    budget: Object.fromEntries(Object.entries(budget).filter(isWithin)),
  };
}

/** Whoever says which command to run means that one; else the agent that needs no configuration. */
function defaultAgent({ agents }: Config): string {
  return agents?.command ? 'command' : 'claude';
}

async function readLayer(file: string, source: string): Promise<Result<Config, string>> {
  const json = await readJson(file, source);
  return json.ok ? check(json.value ?? {}, source) : json;
}

/** The user's own file alone. */
export function readUserConfig(user: UserPaths): Promise<Result<Config, string>> {
  return readLayer(user.config, user.config);
}

/** Cloning a repository must not choose the program that runs, nor who may come in. */
async function readRepositoryLayer(file: string): Promise<Result<Config, string>> {
  const json = await readJson(file, REPOSITORY_FILE);
  if (!json.ok) return json;
  const names = (key: string): boolean =>
    typeof json.value === 'object' && json.value !== null && Object.hasOwn(json.value, key);
  const refused = [
    { keys: ['agent', 'agents', 'ladder', 'reviewer'].filter(names), what: 'choose the agent' },
    { keys: ['hub'].filter(names), what: 'configure the hub' },
    { keys: ['maxRuns'].filter(names), what: 'say how many runs your machine has at once' },
  ].filter(({ keys }) => keys.length > 0);
  if (refused.length === 0) return check(json.value ?? {}, REPOSITORY_FILE);
  const remedy = "Move it to your own configuration (config.json in Storyloop's folder, or a VS Code setting).";
  return err(
    refused
      .map(({ keys, what }) => `${REPOSITORY_FILE}: ${keys.join(', ')}: a repository cannot ${what}. ${remedy}`)
      .join('\n'),
  );
}

function check(value: unknown, source: string): Result<Config, string> {
  const parsed = configSchema.safeParse(value);
  return parsed.success
    ? ok(parsed.data)
    : err(parsed.error.issues.map((issue) => issueText(issue, source)).join('\n'));
}

function issueText(issue: z.core.$ZodIssue, source: string): string {
  const message = issue.message.replace(/^Invalid input: /, '');
  const where = issue.path.map(String).join('.');
  return [source, where, message.charAt(0).toLowerCase() + message.slice(1)].filter(Boolean).join(': ');
}

/** A script's path counts from the file that names it; from the current folder in a flag or the environment. */
function withAbsoluteScript(config: Config, folder = process.cwd()): Config {
  const scripted = config.agents?.scripted;
  return scripted
    ? { ...config, agents: { ...config.agents, scripted: { script: path.resolve(folder, scripted.script) } } }
    : config;
}

/** Without keys that are there but undefined, so that they do not hide a lower layer. */
function defined(config: Config): { readonly [Key in keyof Config]?: NonNullable<Config[Key]> } {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}

function commandsOf({ gates, setup, testCommand }: Config): string[] {
  return [...Object.values(gates ?? {}).map(gateCommand), ...(setup ?? []), ...(testCommand ? [testCommand] : [])].map(
    commandText,
  );
}

/** What is no number stays as it is, for the schema to refuse. */
function asNumber(value: string): unknown {
  return value.trim() === '' || Number.isNaN(Number(value)) ? value : Number(value);
}
