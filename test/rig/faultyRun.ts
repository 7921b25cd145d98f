import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Failpoint } from '../../src/primitives/failpoint.js';
import type { ScriptStep } from '../../src/agents/script.js';
import { systemClock } from '../../src/primitives/clock.js';
import { beginBeside, untilBegun, untilDone } from './besideEachOther.js';
import { cli, CommandLine, storyloop, type CommandResult } from './commandLine.js';
import { Workspace, type PlannedStory } from './workspace.js';

/** The command line with failpoints (see esbuild.mjs). */
export const faultyCli: readonly string[] = [process.execPath, path.resolve('out/faults/cli.js')];

/** `name`, or `name:n`. */
export type Kill = `${Failpoint}:${number}` | Failpoint;

/** Three stories: one with an intent on its way and a check that is red before, one whose first attempt fails, and one that is reviewed. */
const stories: readonly PlannedStory[] = [
  {
    id: 'US-1',
    criteria: ['All tests pass', 'It is there (verify: test -f US-1.txt)'],
    attempts: [
      [
        { do: 'shell', command: `"${process.execPath}" "${cli}" resume` },
        { do: 'write', path: 'US-1.txt', content: 'US-1\n' },
      ],
    ],
  },
  {
    id: 'US-2',
    attempts: [[{ do: 'write', path: 'broken', content: 'x' }], [{ do: 'write', path: 'US-2.txt', content: 'US-2\n' }]],
  },
  {
    id: 'US-3',
    criteria: ['Somebody is pleased'],
    dependsOn: ['US-1'],
    reviews: [[{ do: 'find', criterion: 1, holds: true, evidence: 'Somebody smiles' }]],
  },
];

/** Makes one of both sides of a conflict, whichever story comes second. */
const addLine = (line: string): ScriptStep => ({
  do: 'shell',
  command: `{ grep -vE '^(<<<<<<<|=======|>>>>>>>)' shared.txt; echo "${line}"; } | LC_ALL=C sort -u > lines && mv lines shared.txt`,
});

/** The first story ends when the others have begun on the same base; the second contradicts it, the third has to be moved. */
const crossing: readonly PlannedStory[] = [
  {
    id: 'US-1',
    attempts: [[untilBegun('US-2'), untilBegun('US-3'), addLine('of US-1')]],
  },
  { id: 'US-2', attempts: [[beginBeside('US-2'), untilDone('US-1'), addLine('of US-2')]] },
  {
    id: 'US-3',
    attempts: [[beginBeside('US-3'), untilDone('US-1'), { do: 'write', path: 'US-3.txt', content: 'US-3' }]],
  },
];

/** What the failpoints are tried on, and with how many workers. */
const samples = { run: { stories, workers: 1 }, crossing: { stories: crossing, workers: 3 } } as const;
export type FaultySample = keyof typeof samples;

interface RunStatus {
  readonly status: string;
  readonly branch: string;
  readonly counts: object;
  readonly stories: readonly {
    readonly id: string;
    readonly status: string;
    readonly criteria: readonly {
      readonly index: number;
      readonly status: string;
      readonly proof?: { kind: string };
    }[];
    readonly gates: readonly { readonly name: string; readonly status: string }[];
    readonly commits: readonly string[];
    readonly written?: boolean;
    readonly pendingCommit?: string;
  }[];
}

/** What a run came to, without what differs between two runs of the same PRD: ids, times, attempts that were cut short. */
export interface Outcome {
  readonly tree: string;
  readonly committed: readonly string[];
  readonly prd: string;
  readonly runs: readonly object[];
  readonly tipIsBranch: boolean;
  readonly checkouts: number;
  readonly worktrees: readonly string[];
  readonly changed: string;
}

export function faultyWorkspace(sample: FaultySample): Promise<Workspace> {
  return Workspace.withStories(samples[sample].stories);
}

function beginRun(workspace: Workspace, sample: FaultySample, kill: Kill | undefined, ...args: string[]): CommandLine {
  const workers = String(samples[sample].workers);
  const all = ['run', 'prd.json', '--script', workspace.script, '--workers', workers, '--yes', '--json', ...args];
  return new CommandLine(workspace, all, kill === undefined ? {} : { STORYLOOP_FAILPOINT: kill }, faultyCli);
}

export function faultyRun(
  workspace: Workspace,
  sample: FaultySample,
  kill: Kill | undefined,
  ...args: string[]
): Promise<CommandResult> {
  return beginRun(workspace, sample, kill, ...args).ended();
}

/** Kills a run at each of `kills`, one after the other, each time taking it up again; then lets it end. Answers the kill that never came. */
export async function killedRun(
  workspace: Workspace,
  sample: FaultySample,
  kills: readonly Kill[],
): Promise<Kill | undefined> {
  for (const kill of kills) {
    const { signal, exitCode, stderr } = await faultyRun(
      workspace,
      sample,
      kill,
      ...(await resumeArguments(workspace)),
    );
    if (signal === 'SIGKILL') continue;
    assert.equal(exitCode, 0, stderr);
    return kill;
  }
  await finish(workspace, sample);
  return undefined;
}

/** Kills a run so many milliseconds after each of its beginnings, then lets it end. Answers how often it was in time. */
export async function runKilledAt(
  workspace: Workspace,
  sample: FaultySample,
  instants: readonly number[],
): Promise<number> {
  let killed = 0;
  for (const instant of instants) {
    const run = beginRun(workspace, sample, undefined, ...(await resumeArguments(workspace)));
    const timer = systemClock.after(instant, () => {
      run.kill('SIGKILL');
    });
    const { signal, exitCode, stderr } = await run.ended();
    timer[Symbol.dispose]();
    if (signal !== 'SIGKILL') {
      await assertOver(workspace, { exitCode, stderr });
      return killed;
    }
    killed += 1;
  }
  await finish(workspace, sample);
  return killed;
}

async function finish(workspace: Workspace, sample: FaultySample): Promise<void> {
  const again = await resumeArguments(workspace);
  await assertOver(workspace, await faultyRun(workspace, sample, undefined, ...again));
}

/** A run whose end is on disk is over, whatever became of its process. */
async function assertOver(
  workspace: Workspace,
  { exitCode, stderr }: Pick<CommandResult, 'exitCode' | 'stderr'>,
): Promise<void> {
  const isOver = (await runsOf(workspace)).some((run) => run.status === 'completed');
  const isSaid = exitCode === 0 || (exitCode === 2 && /no unfinished run/.test(stderr));
  assert.ok(isOver && isSaid, `${exitCode ?? ''} ${stderr}`);
}

export async function outcomeOf(workspace: Workspace): Promise<Outcome> {
  const worktrees = path.join(workspace.root, '.storyloop', 'worktrees');
  const tips = await workspace.git('for-each-ref', '--format=%(objectname)', 'refs/storyloop/*/tip');
  return {
    tree: await workspace.git('rev-parse', 'ralph/sample^{tree}'),
    committed: (await workspace.committedStories('ralph/sample')).sort(),
    prd: await workspace.read('prd.json'),
    runs: (await runsOf(workspace)).map(comparable),
    tipIsBranch: tips === (await workspace.git('rev-parse', 'ralph/sample')),
    checkouts: (await workspace.git('worktree', 'list', '--porcelain')).match(/^worktree /gm)?.length ?? 0,
    worktrees: await readdir(worktrees).catch(() => []),
    changed: await workspace.git('status', '--porcelain', '--untracked-files=all'),
  };
}

async function resumeArguments(workspace: Workspace): Promise<string[]> {
  return (await runsOf(workspace)).length > 0 ? ['--resume'] : [];
}

async function runsOf(workspace: Workspace): Promise<readonly RunStatus[]> {
  const { stdout, stderr } = await storyloop(workspace, 'status', '--json');
  assert.equal(stderr, '');
  return (JSON.parse(stdout) as { runs: RunStatus[] }).runs;
}

function comparable(run: RunStatus): object {
  const { status, branch, counts } = run;
  return {
    ...{ status, branch, counts },
    stories: run.stories.map(({ id, status, criteria, gates, commits, written, pendingCommit }) => ({
      ...{ id, status, written, pendingCommit, commits: commits.length },
      criteria: criteria.map(({ index, status, proof }) => ({
        index,
        status,
        proof: { ...proof, commit: '', base: '' },
      })),
      gates: gates.map(({ name, status }) => ({ name, status })),
    })),
  };
}
