import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { startRun, storyloop } from '../rig/commandLine.js';
import { Workspace } from '../rig/workspace.js';

const refsOf = async (workspace: Workspace): Promise<string[]> =>
  (await workspace.git('for-each-ref', '--format=%(refname)', 'refs/storyloop'))
    .split('\n')
    .filter((ref) => !ref.startsWith('refs/storyloop/fence/'));
const foldersOf = (workspace: Workspace): Promise<string[]> =>
  readdir(path.join(workspace.root, '.git', 'storyloop', 'runs'));

/** Two runs of one PRD: the first one as its stories make it, the second one with nothing left to do. */
async function twoRuns(...args: Parameters<typeof Workspace.withStories>): Promise<Workspace> {
  const workspace = await Workspace.withStories(...args);
  await startRun(workspace).ended();
  await workspace.writeScript([{ id: 'US-1' }, { id: 'US-2' }]);
  assert.equal((await startRun(workspace, '--fresh').ended()).exitCode, 0);
  assert.equal((await foldersOf(workspace)).length, 2);
  return workspace;
}

const clean = async (workspace: Workspace, ...args: string[]): Promise<string> =>
  (await storyloop(workspace, 'clean', '--older-than', '0', ...args)).stdout;

describe('storyloop clean', () => {
  it('removes runs whose work a branch has, says so first when asked to, and leaves the last one of each PRD', async () => {
    await using workspace = await twoRuns([{ id: 'US-1' }]);
    const [refs, folders] = [await refsOf(workspace), await foldersOf(workspace)];
    assert.match((await storyloop(workspace, 'clean')).stdout, /^Nothing to remove: 2 runs, 0 older than 30 days/);
    assert.match(await clean(workspace, '--dry-run'), /^kept .*last one of its PRD\nold +run_/);
    assert.deepEqual([await refsOf(workspace), await foldersOf(workspace)], [refs, folders]);
    assert.match(await clean(workspace), /\nremoved run_\S+ \(.*1\/1 stories\)/);
    const [left = ''] = await foldersOf(workspace);
    assert.ok((await refsOf(workspace)).every((ref) => ref.startsWith(`refs/storyloop/${left}/`)));
    assert.deepEqual(await workspace.committedStories('ralph/sample'), ['US-1']);
    assert.equal((await storyloop(workspace, 'status')).exitCode, 0);
  });

  it('keeps what is nowhere else: a result without a branch, an attempt at a story that is not done', async () => {
    await using unmerged = await twoRuns([{ id: 'US-1' }]);
    await unmerged.git('branch', '--delete', '--force', 'ralph/sample');
    assert.match(await clean(unmerged), /kept +run_.*: no branch has its result/);
    const broken = [[{ do: 'write', path: 'broken', content: 'x' }]] as const;
    await using unfinished = await twoRuns([{ id: 'US-1' }, { id: 'US-2', attempts: broken }]);
    assert.match(await clean(unfinished), /kept +run_.*: it has the only copy of attempts at US-2/);
    assert.equal((await foldersOf(unfinished)).length, 2);
  });
});
