import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { Agent } from '../agents/agent.js';
import { commandText } from '../config/commandText.js';
import type { Config, ResolvedConfig } from '../config/config.js';
import { loadConfig } from '../config/loadConfig.js';
import { deriveTestCommand, type Gate } from '../config/gates.js';
import { canMergeTrees } from '../git/rebase.js';
import { hasSubmodules, openRepository, type Repository } from '../git/repository.js';
import { parsePrd } from '../prd/parsePrd.js';
import type { Prd, PrdProblem } from '../prd/prd.js';
import { prdId } from '../prd/prdId.js';
import { err, ok, type Result } from '../primitives/result.js';
import { unapproved } from '../session/approvals.js';
import { ProjectPaths, type UserPaths } from '../session/paths.js';
import { projectId, type Project } from '../session/projects.js';
import { filesToCopy, missingCopies } from './copies.js';
import { resolveGates } from './gates.js';
import { createLadder, type Ladder } from './ladder.js';
import { createReviewer, type Reviewer } from './reviewer.js';

/** Everything a run needs to know, found out before anything is touched. */
export interface RunPlan {
  readonly repository: Repository;
  readonly project: Project;
  readonly paths: ProjectPaths;
  readonly prdId: string;
  /** Canonical path of the PRD file. */
  readonly prdFile: string;
  /** The same, relative to the repository's root, with slashes. */
  readonly prdPath: string;
  readonly prd: Prd;
  readonly warnings: readonly PrdProblem[];
  readonly config: ResolvedConfig;
  /** Of a story's first attempt. */
  readonly agent: Agent;
  /** What the attempts of a story climb; its first step is of {@link agent}. */
  readonly ladder: Ladder;
  readonly reviewer: Reviewer;
  readonly gates: readonly Gate[];
  readonly testCommand: readonly string[] | undefined;
  /** Name of the run branch, without `refs/heads/`. */
  readonly branch: string;
  /** Everything that is executed besides the agent: a person has to see it first. */
  readonly commands: readonly PlannedCommand[];
  /** What a person should know of this repository before agreeing. */
  readonly notes: readonly string[];
  /** Texts of those of {@link commands} that nobody has approved yet. */
  readonly unapproved: readonly string[];
}

export interface PlannedCommand {
  readonly kind: 'setup' | 'gate' | 'advisory' | 'test' | 'verify' | 'other';
  readonly text: string;
}

/** Why no run can start: the user's mistake, or something this machine lacks. Every line says what to do. */
export interface PlanProblem {
  readonly kind: 'usage' | 'environment';
  readonly message: string;
}

export async function planRun(
  prdArgument: string,
  overrides: Config,
  user: UserPaths,
  env: NodeJS.ProcessEnv,
): Promise<Result<RunPlan, PlanProblem>> {
  const usage = (message: string): Result<never, PlanProblem> => err({ kind: 'usage', message });
  const environment = (message: string): Result<never, PlanProblem> => err({ kind: 'environment', message });

  const prdFile = await realpath(prdArgument).catch(() => undefined);
  const text = prdFile === undefined ? undefined : await readFile(prdFile, 'utf8').catch(() => undefined);
  if (prdFile === undefined || text === undefined) {
    return usage(`There is no PRD file ${prdArgument}. Name one, for example: storyloop run prd.json`);
  }
  const parsed = parsePrd(text);
  if (!parsed.ok) return usage(parsed.error.map((problem) => problemText(prdArgument, problem)).join('\n'));

  const repository = await openRepository(path.dirname(prdFile));
  if (!repository.ok) return environment(repository.error.message);
  const { root, commonDir } = repository.value;

  const loaded = await loadConfig({ user, repositoryRoot: root, overrides, env });
  if (!loaded.ok) return usage(loaded.error);
  const { repositoryTexts } = loaded.value;
  // Only whether they can be copied: each worktree gets those that are there by then.
  const copies = await filesToCopy(root, loaded.value.config.copy ?? []);
  if (!copies.ok) return usage(copies.error);
  const isAlone = loaded.value.config.workers === 1 || !(await canMergeTrees(root));
  const config = { ...loaded.value.config, ...(isAlone && { workers: 1 }) };
  const ladder = createLadder(config);
  if (!ladder.ok) return environment(ladder.error);
  const reviewer = createReviewer(config, ladder.value);
  if (!reviewer.ok) return environment(reviewer.error);
  const reviewers = config.proof === 'standard' ? [reviewer.value] : [];
  const agents = new Map([...ladder.value, ...reviewers].map(({ agent }) => [agent.name, agent]));
  for (const agent of agents.values()) {
    const usable = await agent.check();
    if (!usable.ok) return environment(usable.error);
  }

  const { prd, warnings } = parsed.value;
  const gates = await resolveGates(root, config);
  const testCommand = await deriveTestCommand(root, config);
  const id = prdId(repository.value, prdFile);
  const project = { id: projectId(root, commonDir), root, common_dir: commonDir };
  const commands = plannedCommands(config, gates, prd, repositoryTexts);
  return ok({
    repository: repository.value,
    project,
    paths: new ProjectPaths(commonDir),
    prdId: id,
    prdFile,
    prdPath: path.relative(root, prdFile).split(path.sep).join('/'),
    prd,
    warnings,
    config,
    agent: ladder.value[0].agent,
    ladder: ladder.value,
    reviewer: reviewer.value,
    gates,
    testCommand,
    branch: prd.branchName ?? `storyloop/${id}`,
    commands,
    notes: await repositoryNotes(root, config),
    unapproved: await unapproved(
      user,
      project.id,
      commands.map(({ text }) => text),
    ),
  });
}

async function repositoryNotes(root: string, { setup, copy = [] }: ResolvedConfig): Promise<string[]> {
  const missing = await missingCopies(root, copy);
  const lacking =
    missing.length === 0 ? [] : [`Not there, and so not copied into worktrees (copy): ${missing.join(', ')}`];
  const isSeenTo = (setup ?? []).some((argv) => argv.includes('submodule'));
  if (isSeenTo || !(await hasSubmodules(root))) return lacking;
  return [
    ...lacking,
    'The worktrees of stories are without the submodules of this repository. If agent or gates need them, add a set-up command (setup): ["git", "submodule", "update", "--init"]',
  ];
}

/** `prd.json:12:7: error: …` */
export function problemText(file: string, problem: PrdProblem): string {
  return `${file}:${problem.line}:${problem.column}: ${problem.severity}: ${problem.message}`;
}

/** Each text once. What the repository names and the configuration overrides is shown all the same. */
function plannedCommands(
  { setup, testCommand }: ResolvedConfig,
  gates: readonly Gate[],
  prd: Prd,
  repositoryTexts: readonly string[],
): PlannedCommand[] {
  const commands = new Map<string, PlannedCommand['kind']>();
  const add = (kind: PlannedCommand['kind'], texts: readonly string[]): void => {
    for (const text of texts) if (!commands.has(text)) commands.set(text, kind);
  };
  add('setup', (setup ?? []).map(commandText));
  const gateTexts = (required: boolean): string[] =>
    gates.flatMap((gate) => (gate.required === required ? [gate.text] : []));
  add('gate', gateTexts(true));
  add('advisory', gateTexts(false));
  add('test', testCommand ? [commandText(testCommand)] : []);
  add('verify', verifyTexts(prd));
  add('other', repositoryTexts);
  return [...commands].map(([text, kind]) => ({ kind, text }));
}

function verifyTexts(prd: Prd): string[] {
  return prd.stories.flatMap((story) =>
    story.criteria.flatMap(({ check }) => (check?.kind === 'command' ? [check.command] : [])),
  );
}
