import assert from 'node:assert/strict';
import { startRun, type CommandLine } from './commandLine.js';
import { fileAppears } from './waiting.js';
import type { PlannedStory, Workspace } from './workspace.js';

const STORIES = ['US-1', 'US-2', 'US-3'];

/** Three stories; the second one's first attempt tells that it is there and then waits for `../go`. */
export const held: PlannedStory[] = [
  { id: 'US-1' },
  {
    id: 'US-2',
    attempts: [
      [
        { do: 'write', path: 'half.txt', content: 'half done' },
        { do: 'shell', command: 'setsid sleep 300 & touch "$(git rev-parse --git-common-dir)/../../there"' },
        { do: 'wait-for', file: 'go' },
        { do: 'write', path: 'US-2.txt', content: 'US-2\n' },
      ],
    ],
  },
  { id: 'US-3' },
];

export async function runIntoSecondStory(workspace: Workspace, ...args: string[]): Promise<CommandLine> {
  const run = startRun(workspace, ...args);
  await Promise.race([
    fileAppears(`${workspace.folder}/there`),
    run.ended().then(({ stderr }) => assert.fail(`ended early: ${stderr}`)),
  ]);
  return run;
}

/** The run branch has each story once, the PRD says so, and no worktree is left. */
export async function assertEachStoryOnce(workspace: Workspace): Promise<void> {
  assert.deepEqual(await workspace.committedStories('ralph/sample'), STORIES);
  assert.equal((await workspace.read('prd.json')).match(/"passes": true/g)?.length, STORIES.length);
  assert.equal(
    await workspace.git('worktree', 'list', '--porcelain').then((list) => list.match(/^worktree /gm)?.length),
    1,
  );
}
