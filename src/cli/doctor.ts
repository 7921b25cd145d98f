import path from 'node:path';
import { createAgent } from '../agents/registry.js';
import { visibleText } from '../config/commandText.js';
import type { ResolvedConfig } from '../config/config.js';
import type { Gate } from '../config/gates.js';
import { loadConfig } from '../config/loadConfig.js';
import { resolveGates } from '../plan/gates.js';
import { planRun } from '../plan/plan.js';
import { git } from '../git/git.js';
import { openRepository, type Repository } from '../git/repository.js';
import { cleanEnvironment } from '../processes/environment.js';
import { findExecutable } from '../processes/executable.js';
import { listLocks } from '../session/ownership.js';
import { ProjectPaths, UserPaths } from '../session/paths.js';
import { diskSpace, fileWatching, found, hubState, missing, note, writable, type Finding } from './doctorMachine.js';
import { ExitCode } from './exitCodes.js';

const oldestNode = [20, 19] as const;
/** The first with `rev-parse --path-format`. */
const oldestGit = [2, 31] as const;

const words: Readonly<Record<Finding['kind'], string>> = { ok: 'ok     ', note: 'note   ', missing: 'missing' };

/** `storyloop doctor [prd]`: everything a run needs, one line each, with the remedy where it is missing. */
export async function doctor(prd: string | undefined): Promise<ExitCode> {
  const user = new UserPaths();
  const repository = await openRepository(prd === undefined ? process.cwd() : path.dirname(path.resolve(prd)));
  const findings = [
    nodeVersion(),
    await gitVersion(),
    repository.ok ? found(`Repository ${repository.value.root}`) : missing(repository.error.message),
    await writable(user.home, "Storyloop's folder for you; set STORYLOOP_HOME to another one"),
    ...(repository.ok ? await inRepository(repository.value, prd, user) : []),
    ...(await hubState(user)),
    await fileWatching(),
    await diskSpace(user.home),
  ];
  for (const { kind, text } of findings) process.stdout.write(`${words[kind]} ${visibleText(text)}\n`);
  return findings.every(({ kind }) => kind !== 'missing') ? ExitCode.done : ExitCode.blocked;
}

function nodeVersion(): Finding {
  const text = `Node ${process.versions.node}`;
  return isAtLeast(process.versions.node, oldestNode)
    ? found(text)
    : missing(`${text}; install ${oldestNode.join('.')} or later`);
}

async function gitVersion(): Promise<Finding> {
  const answer = await git(process.cwd(), ['--version']);
  if (!answer.ok) return missing('git is not on PATH; install it from your package manager or git-scm.com');
  const text = answer.value.trim();
  const version = /\d+\.\d+/.exec(text)?.[0] ?? '';
  return isAtLeast(version, oldestGit) ? found(text) : missing(`${text}; install ${oldestGit.join('.')} or later`);
}

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [actual = 0, below = 0] = version.split('.').map(Number);
  return actual > major || (actual === major && below >= minor);
}

async function inRepository(repository: Repository, prd: string | undefined, user: UserPaths): Promise<Finding[]> {
  const { root, commonDir } = repository;
  const { state } = new ProjectPaths(commonDir);
  const dead = (await listLocks(state)).filter((lock) => lock.state === 'dead');
  return [
    await writable(state, 'where the runs of this repository are kept; make it yours'),
    await writable(path.join(root, '.storyloop'), 'where the agents work; make it yours'),
    await diskSpace(commonDir),
    ...(prd === undefined ? await configured(root, user) : await planned(prd, user)),
    ...dead.map(({ prdId }) => note(`${prdId} was interrupted; go on with storyloop run --resume`)),
  ];
}

/** What the configuration alone says. */
async function configured(root: string, user: UserPaths): Promise<Finding[]> {
  const loaded = await loadConfig({ user, repositoryRoot: root, overrides: {}, env: process.env });
  if (!loaded.ok) return loaded.error.split('\n').map(missing);
  const { config } = loaded.value;
  return [await agentOf(config), ...programs(root, config, await resolveGates(root, config))];
}

async function agentOf(config: ResolvedConfig): Promise<Finding> {
  const agent = createAgent(config);
  if (!agent.ok) return missing(agent.error);
  const usable = await agent.value.check();
  return usable.ok ? found(`Agent ${agent.value.commandText}`) : missing(usable.error);
}

async function planned(prd: string, user: UserPaths): Promise<Finding[]> {
  const plan = await planRun(prd, {}, user, process.env);
  if (!plan.ok) return plan.error.message.split('\n').map(missing);
  const { prdPath, agent, repository, config, gates } = plan.value;
  return [found(`PRD ${prdPath}`), found(`Agent ${agent.commandText}`), ...programs(repository.root, config, gates)];
}

/** The programs of gates and set-up, one finding for each command. */
function programs(root: string, { setup = [] }: ResolvedConfig, gates: readonly Gate[]): Finding[] {
  const env = cleanEnvironment(process.env);
  const check = (what: string, [program = '']: readonly string[], text: string): Finding =>
    findExecutable(program, env, root) === undefined
      ? missing(`${what}: the program "${program}" is not on PATH; install it, or change the command: ${text}`)
      : found(`${what}: ${text}`);
  return [
    ...setup.map((argv, index) => check(`Set-up ${index + 1}`, argv, argv.join(' '))),
    ...gates.map(({ name, argv, text }) => check(`Gate ${name}`, argv, text)),
    ...(gates.length > 0 ? [] : [note('No gates: nothing but verify: commands would check the results')]),
  ];
}
