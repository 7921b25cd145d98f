import assert from 'node:assert/strict';
import { startRun, storyloop, type CommandLine } from '../rig/commandLine.js';
import { processesOfTest } from '../rig/leakCheck.js';
import { fileAppears, until } from '../rig/waiting.js';
import { Workspace, type PlannedStory } from '../rig/workspace.js';

const STORIES = ['US-1', 'US-2', 'US-3'];

/** Three stories; the second one's first attempt tells that it is there and then waits for `../go`. */
const held: PlannedStory[] = [
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

async function runIntoSecondStory(workspace: Workspace, ...args: string[]): Promise<CommandLine> {
  const run = startRun(workspace, ...args);
  await Promise.race([
    fileAppears(`${workspace.folder}/there`),
    run.ended().then(({ stderr }) => assert.fail(`ended early: ${stderr}`)),
  ]);
  return run;
}

async function assertEachStoryOnce(workspace: Workspace): Promise<void> {
  assert.deepEqual(await workspace.committedStories('ralph/sample'), STORIES);
  assert.equal((await workspace.read('prd.json')).match(/"passes": true/g)?.length, STORIES.length);
  assert.equal(
    await workspace.git('worktree', 'list', '--porcelain').then((list) => list.match(/^worktree /gm)?.length),
    1,
  );
}

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
