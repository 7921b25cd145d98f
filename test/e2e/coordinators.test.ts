import assert from 'node:assert/strict';
import { startRun, storyloop } from '../rig/commandLine.js';
import { assertEachStoryOnce, held, runIntoSecondStory } from '../rig/heldRun.js';
import { until } from '../rig/waiting.js';
import { Workspace } from '../rig/workspace.js';

describe('two coordinators on one PRD', () => {
  it('make one owner: the other says who holds it and exits 4', async () => {
    await using workspace = await Workspace.withStories(held);
    const owner = await runIntoSecondStory(workspace);
    const other = await startRun(workspace).ended();
    assert.equal(other.exitCode, 4);
    assert.match(other.stderr, new RegExp(`pid ${owner.pid}`));
    await workspace.write('../go', '');
    assert.equal((await owner.ended()).exitCode, 0);
    await assertEachStoryOnce(workspace);
  });

  it('started at the same moment make one owner', async () => {
    await using workspace = await Workspace.withStories(held);
    await workspace.write('../go', '');
    const runs = Array.from({ length: 4 }, () => startRun(workspace));
    const codes = (await Promise.all(runs.map((run) => run.ended()))).map((result) => result.exitCode);
    assert.deepEqual(codes.sort(), [0, 4, 4, 4]);
    await assertEachStoryOnce(workspace);
  });

  it('wait for one another when asked to', async () => {
    await using workspace = await Workspace.withStories(held);
    const owner = await runIntoSecondStory(workspace);
    const waiting = startRun(workspace, '--wait=60');
    await workspace.write('../go', '');
    assert.equal((await owner.ended()).exitCode, 0);
    const result = await waiting.ended();
    assert.equal(result.exitCode, 0, result.stderr);
    await assertEachStoryOnce(workspace);
  });

  it('leave the ghost without effect: stopped, outlawed, replaced and woken up, it ends its agent and changes nothing', async () => {
    await using workspace = await Workspace.withStories(held);
    const ghost = await runIntoSecondStory(workspace);
    ghost.kill('SIGSTOP');
    const refused = await startRun(workspace).ended();
    assert.equal(refused.exitCode, 4, 'a stopped owner is alive');
    await until('the heartbeat to be old enough', async () =>
      (await storyloop(workspace, 'locks', 'clean', '--max-age', '1')).stdout.includes('outlawed'),
    );
    await workspace.write('../go', '');
    const heir = await startRun(workspace).ended();
    assert.equal(heir.exitCode, 0, heir.stderr);
    const refs = await workspace.git('for-each-ref');
    const prd = await workspace.read('prd.json');
    const status = (await storyloop(workspace, 'status', '--json')).stdout;
    ghost.kill('SIGCONT');
    const woken = await ghost.ended();
    assert.equal(woken.exitCode, 4, woken.stderr);
    assert.equal(await workspace.git('for-each-ref'), refs);
    assert.equal(await workspace.read('prd.json'), prd);
    assert.equal((await storyloop(workspace, 'status', '--json')).stdout, status);
    await assertEachStoryOnce(workspace);
  });
});
