import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import type { ScriptStep } from '../../src/agents/script.js';
import type { RunSnapshot } from '../../src/state/snapshot.js';
import { CommandLine, storyloop } from './commandLine.js';
import { processesOfTest } from './leakCheck.js';
import { Workspace, type PlannedStory } from './workspace.js';

/** Agents as they are on a bad night. Each story writes a file of its own, by which its work is known. */

const work = (id: string): ScriptStep => ({ do: 'write', path: `work/${id}.txt`, content: `${id}\n` });
const breakTests: ScriptStep = { do: 'write', path: 'broken', content: 'x' };
const say = (text: string): ScriptStep => ({ do: 'say', text });
const shell = (command: string): ScriptStep => ({ do: 'shell', command });

interface Behaviour {
  /** One list of steps an attempt, the last one for all further ones. */
  readonly attempts: (id: string) => readonly (readonly ScriptStep[])[];
  /** Whether a story can be done with it. */
  readonly finishes: boolean;
}

const finishes = (...attempts: ((id: string) => readonly ScriptStep[])[]): Behaviour => ({
  finishes: true,
  attempts: (id) => attempts.map((steps) => steps(id)),
});
const neverFinishes = (steps: (id: string) => readonly ScriptStep[]): Behaviour => ({
  finishes: false,
  attempts: (id) => [steps(id)],
});
const done = (id: string): readonly ScriptStep[] => [work(id)];

/** Makes one of both sides of a conflict, whichever story comes second. */
const addToShared = (id: string): ScriptStep =>
  shell(
    `{ grep -vhE '^(<<<<<<<|=======|>>>>>>>)' shared.txt; echo "${id}"; } | LC_ALL=C sort -u > lines && mv lines shared.txt`,
  );

export const behaviours = {
  works: finishes(done),
  'works slowly': finishes((id) => [{ do: 'wait', ms: 1_500 }, work(id)]),
  'fails once': finishes((id) => [breakTests, work(id)], done),
  'fails twice': finishes(
    (id) => [breakTests, work(id)],
    () => [breakTests],
    done,
  ),
  crashes: finishes((id) => [work(id), { do: 'exit', code: 3 }], done),
  'is killed by its own hand': finishes((id) => [work(id), shell('kill -9 $PPID')], done),
  'prints garbage': finishes((id) => [shell('head -c 300000 /dev/urandom'), say('\u001b[2J{"storyloop":'), work(id)]),
  'prints a flood': finishes((id) => [
    shell(`yes "$(head -c 500 /dev/zero | tr '\\0' x)" | head -c ${floodBytes}`),
    work(id),
  ]),
  'leaves daemons': finishes((id) => [
    shell('setsid sleep 300 >/dev/null 2>&1 & (trap "" TERM HUP; exec sleep 300) >/dev/null 2>&1 & true'),
    work(id),
  ]),
  'goes silent': finishes(() => [{ do: 'hang' }], done),
  'never comes to an end': finishes(() => [shell('while sleep 0.5; do echo .; done')], done),
  'reaches a limit': finishes((id) => [work(id), { do: 'limit', reason: 'agent-unavailable', forMs: 1_000 }], done),
  'writes outside its worktree': finishes(
    (id) => [shell(`cd "$(git rev-parse --git-common-dir)/.." && mkdir -p work && echo ${id} > work/${id}.txt`)],
    done,
  ),
  'ignores being told to end': finishes((id) => [work(id), { do: 'hang', ignoreSigterm: true }], done),
  'commits by itself': finishes((id) => [
    work(id),
    shell('git add -A && git -c user.name=x -c user.email=x@x commit -qm mine && git checkout -q HEAD~'),
    work(id),
  ]),
  'edits the PRD': finishes((id) => [{ do: 'write', path: 'prd.json', content: '{}' }, work(id)]),
  'claims what nobody can prove': finishes((id) => [{ do: 'claim', criterion: 1, note: 'trust me' }, work(id)]),
  'gets in the way of others': finishes((id) => [addToShared(id), work(id)]),
  'calls itself somebody else': finishes((id) => [shell('git config user.name Mallory'), work(id)]),
  lies: neverFinishes((id) => [say('All tests pass. The story is done.'), breakTests, work(id)]),
  'does nothing': neverFinishes(() => [say('Done.')]),
  'deletes the tests': neverFinishes((id) => [{ do: 'delete', path: 'check.js' }, work(id)]),
  'flaps between two ways': {
    finishes: false,
    attempts: (id: string) =>
      [0, 1, 0, 1].map((way) => [breakTests, { do: 'write', path: 'way', content: `${way}` }, work(id)]),
  },
} as const satisfies Record<string, Behaviour>;
export type BehaviourName = keyof typeof behaviours;

/** `npm run gauntlet` takes its time. */
const isLong = process.env['STORYLOOP_GAUNTLET'] === 'all';
const floodBytes = isLong ? 1_000_000_000 : 20_000_000;
const attemptTimeout = isLong ? 90 : 10;
const idleTimeout = isLong ? 15 : 4;

export interface GauntletStory {
  readonly id: string;
  readonly behaviour: BehaviourName;
  readonly dependsOn: readonly string[];
}

/** PRDs with as many stories, in a random order of dependencies. */
export function arbitraryStories(count: { readonly min: number; readonly max: number }): fc.Arbitrary<GauntletStory[]> {
  const names = Object.keys(behaviours) as BehaviourName[];
  const one = fc.record({ behaviour: fc.constantFrom(...names), on: fc.array(fc.nat(), { maxLength: 2 }) });
  return fc.array(one, { minLength: count.min, maxLength: count.max, size: 'max' }).map((stories) =>
    stories.map(({ behaviour, on }, index) => {
      // Most stories depend on none; on what fails, less would be seen.
      const earlier = index > 0 && index % 3 === 0 ? on.map((other) => idOf(other % index)) : [];
      return { id: idOf(index), behaviour, dependsOn: [...new Set(earlier)] };
    }),
  );
}

const idOf = (index: number): string => `US-${String(index + 1).padStart(3, '0')}`;

export async function gauntletWorkspace(stories: readonly GauntletStory[]): Promise<Workspace> {
  const planned = stories.map(({ id, behaviour, dependsOn }): PlannedStory => ({
    ...{ id, dependsOn, criteria: ['Somebody is pleased', 'All tests pass'] },
    attempts: behaviours[behaviour].attempts(id),
  }));
  const workspace = await Workspace.withStories(planned);
  const config = {
    gates: { test: ['node', 'check.js'] },
    attempts: 3,
    attemptTimeout,
    idleTimeout,
    workers: 3,
    proof: 'trusting',
  };
  await workspace.write(path.join(workspace.home, 'config.json'), JSON.stringify(config));
  return workspace;
}

export function gauntletRun(workspace: Workspace, ...args: string[]): CommandLine {
  const all = ['run', 'prd.json', '--script', workspace.script, '--yes', '--json', ...args];
  return new CommandLine(workspace, all, { STORYLOOP_WORKERS: '' });
}

/** What has to become of each story: done when its agent gets there and everything it depends on is done. */
export function expectedStatuses(stories: readonly GauntletStory[]): Record<string, string> {
  const statuses: Record<string, string> = {};
  for (const { id, behaviour, dependsOn } of stories) {
    const isFree = dependsOn.every((other) => statuses[other] === 'completed');
    statuses[id] = !isFree ? 'blocked' : behaviours[behaviour].finishes ? 'completed' : 'failed';
  }
  return statuses;
}

export interface GauntletReport {
  readonly stories: number;
  readonly finished: number;
  readonly attempts: number;
  readonly wastedAttempts: number;
  /** Stories that count as done and cannot be. */
  readonly falseDone: number;
  /** Stories that count as done, and whose work is not in the result exactly once. */
  readonly lostWork: number;
  /** Processes that the run left. */
  readonly orphans: number;
}

/** Whether the run came to what it had to, in its journal and in git, and left nothing behind. */
export async function assertOutcome(workspace: Workspace, stories: readonly GauntletStory[]): Promise<GauntletReport> {
  const { runs } = JSON.parse((await storyloop(workspace, 'status', '--json')).stdout) as { runs: RunSnapshot[] };
  assert.equal(runs.length, 1);
  const known = runs[0]?.stories ?? [];
  const report = await reportOn(workspace, stories, known);
  const told = describe(stories, known);
  const { falseDone, lostWork, orphans } = report;
  assert.deepEqual({ falseDone, lostWork, orphans }, { falseDone: 0, lostWork: 0, orphans: 0 }, told);
  const expected = expectedStatuses(stories);
  assert.deepEqual(Object.fromEntries(known.map(({ id, status }) => [id, status])), expected, told);
  const finished = Object.keys(expected).filter((id) => expected[id] === 'completed');
  const files = await workspace.git('ls-tree', '-r', '--name-only', 'ralph/sample', '--', 'work');
  assert.deepEqual(
    files === '' ? [] : files.split('\n'),
    finished.map((id) => `work/${id}.txt`),
  );
  assert.doesNotMatch(await workspace.git('ls-tree', '--name-only', 'ralph/sample'), /^broken$/m);
  await assertShared(workspace, stories, finished);
  const prd = JSON.parse(await workspace.read('prd.json')) as { userStories: { id: string; passes: boolean }[] };
  assert.deepEqual(
    prd.userStories.filter(({ passes }) => passes).map(({ id }) => id),
    finished,
  );
  for (const story of known) {
    if (story.status !== 'completed') assert.ok(story.reason, `${story.id} does not say why it is not done`);
    for (const { kind } of story.criteria.flatMap(({ proof }) => proof ?? [])) assert.equal(kind, 'gate');
  }
  assert.deepEqual(await readdir(path.join(workspace.root, '.storyloop', 'worktrees')).catch(() => []), []);
  assert.equal(await workspace.git('status', '--porcelain', '--', '.', ':(exclude)prd.json', ':(exclude)work'), '');
  return report;
}

async function reportOn(
  workspace: Workspace,
  stories: readonly GauntletStory[],
  known: RunSnapshot['stories'],
): Promise<GauntletReport> {
  const expected = expectedStatuses(stories);
  const done = known.filter(({ status }) => status === 'completed').map(({ id }) => id);
  const committed = await workspace.committedStories('ralph/sample');
  const attempts = known.flatMap((story) => story.attempts);
  return {
    ...{ stories: stories.length, finished: done.length, attempts: attempts.length },
    wastedAttempts: attempts.filter(({ success }) => success !== true).length,
    falseDone: done.filter((id) => expected[id] !== 'completed').length,
    lostWork: done.filter((id) => committed.filter((other) => other === id).length !== 1).length,
    orphans: processesOfTest().length,
  };
}

/** Who got in the way of others is in the one file that they share. */
async function assertShared(
  workspace: Workspace,
  stories: readonly GauntletStory[],
  finished: readonly string[],
): Promise<void> {
  const crossing = stories.filter(({ behaviour }) => behaviour === 'gets in the way of others');
  const ids = crossing.map(({ id }) => id).filter((id) => finished.includes(id));
  if (ids.length === 0) return;
  assert.deepEqual((await workspace.git('show', 'ralph/sample:shared.txt')).split('\n'), ids);
}

function describe(stories: readonly GauntletStory[], known: RunSnapshot['stories']): string {
  const lines = stories.map(({ id, behaviour, dependsOn }) => {
    const state = known.find((story) => story.id === id);
    const ends = state?.attempts.map(({ reason, message }) => `${reason ?? 'success'} ${message?.slice(0, 200) ?? ''}`);
    return `${id} ${behaviour} [${dependsOn.join()}]: ${state?.status ?? 'unknown'} ${ends?.join(' | ') ?? ''}`;
  });
  return lines.join('\n');
}
