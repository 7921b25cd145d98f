import assert from 'node:assert/strict';
import { startRun, storyloop } from '../rig/commandLine.js';
import { assertEachStoryOnce, held, runIntoSecondStory } from '../rig/heldRun.js';
import { processesOfTest } from '../rig/leakCheck.js';
import { until } from '../rig/waiting.js';
import { Workspace } from '../rig/workspace.js';

describe('a run', () => {
  it('leaves nothing running when its coordinator is killed, and goes on from there without repeating a story', async () => {
    await using workspace = await Workspace.withStories(held);
    const run = await runIntoSecondStory(workspace);
    assert.ok(processesOfTest().length > 1, 'the agent runs');
    run.kill('SIGKILL');
    await run.ended();
    await until('agent and gates to be gone', () => processesOfTest().length === 0, 10_000);
    await workspace.write('../go', '');
    const resumed = startRun(workspace, '--resume');
    const result = await resumed.ended();
    assert.equal(result.exitCode, 0, result.stderr);
    await assertEachStoryOnce(workspace);
    const runId = run.events[0]?.run_id ?? '';
    assert.equal(resumed.events[0]?.run_id, runId, 'the same run');
    assert.equal(
      await workspace.git('show', `refs/storyloop/${runId}/US-2/1:half.txt`),
      'half done',
      'what the killed attempt left',
    );
  });

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`stops in good order on ${signal}: saves the attempt, says so, exits 5, and can be resumed`, async () => {
      await using workspace = await Workspace.withStories(held);
      const run = await runIntoSecondStory(workspace);
      run.kill(signal);
      const result = await run.ended();
      assert.equal(result.exitCode, 5, result.stderr);
      assert.equal(run.events.at(-1)?.type, 'prd.stopped');
      assert.equal(processesOfTest().length, 0);
      const runId = run.events[0]?.run_id ?? '';
      assert.equal(await workspace.git('show', `refs/storyloop/${runId}/US-2/1:half.txt`), 'half done');
      await workspace.write('../go', '');
      assert.equal((await startRun(workspace).ended()).exitCode, 0);
      await assertEachStoryOnce(workspace);
    });
  }

  it('pauses after the attempt that runs, goes on when resumed, and stops, as the command line asks', async () => {
    await using workspace = await Workspace.withStories(held);
    const run = await runIntoSecondStory(workspace);
    assert.equal((await storyloop(workspace, 'pause')).exitCode, 0);
    await run.event('pause.requested', (event) => event.data['by'] === 'command line');
    await workspace.write('../go', '');
    await run.event('prd.paused');
    assert.match((await storyloop(workspace, 'status')).stdout, /paused/);
    assert.equal((await storyloop(workspace, 'resume')).exitCode, 0);
    await run.event('prd.resumed');
    const result = await run.ended();
    assert.equal(result.exitCode, 0, result.stderr);
    await assertEachStoryOnce(workspace);
  });

  it('ends an attempt that takes too long, kills all of it, and says so', async () => {
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [[{ do: 'hang', ignoreSigterm: true }], [{ do: 'write', path: 'a.txt', content: 'a' }]] },
    ]);
    await workspace.write('../home/config.json', JSON.stringify({ attemptTimeout: 1 }));
    const run = startRun(workspace);
    const result = await run.ended();
    assert.equal(result.exitCode, 0, result.stderr);
    assert.equal(run.events.find((event) => event.type === 'context.completed')?.data['reason'], 'agent-timeout');
  });
});
