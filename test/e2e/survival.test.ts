import assert from 'node:assert/strict';
import { cp, rm } from 'node:fs/promises';
import path from 'node:path';
import { UserPaths } from '../../src/session/paths.js';
import { writeTicket } from '../../src/session/ticket.js';
import { cli, CommandLine, startRun, storyloop } from '../rig/commandLine.js';
import { assertEachStoryOnce, held, runIntoSecondStory } from '../rig/heldRun.js';
import { processesOfTest } from '../rig/leakCheck.js';
import { fileAppears, until } from '../rig/waiting.js';
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

  it('saves what a killed attempt left also when its story is not in the PRD any more', async () => {
    await using workspace = await Workspace.withStories(held);
    const run = await runIntoSecondStory(workspace);
    run.kill('SIGKILL');
    await run.ended();
    await until('agent and gates to be gone', () => processesOfTest().length === 0, 10_000);
    const prd = JSON.parse(await workspace.read('prd.json')) as { userStories: { id: string }[] };
    prd.userStories = prd.userStories.filter(({ id }) => id === 'US-1');
    await workspace.write('prd.json', JSON.stringify(prd));
    const { exitCode, stderr } = await startRun(workspace, '--resume').ended();
    assert.equal(exitCode, 0, stderr);
    const runId = run.events[0]?.run_id ?? '';
    assert.equal(await workspace.git('show', `refs/storyloop/${runId}/US-2/1:half.txt`), 'half done');
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

  it('ends when it is to pause after its last story: nothing is left that would wait', async () => {
    await using workspace = await Workspace.withStories(held.slice(0, 2));
    const run = await runIntoSecondStory(workspace);
    assert.equal((await storyloop(workspace, 'pause')).exitCode, 0);
    await run.event('pause.requested');
    await workspace.write('../go', '');
    const { exitCode, stderr } = await run.ended();
    assert.equal(exitCode, 0, stderr);
    assert.equal(run.events.at(-1)?.type, 'prd.completed');
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

  it('ends an attempt that gives no sign of life, keeps what it left, and waits for one that does', async () => {
    const talk = (seconds: number) => `for i in $(seq ${seconds * 5}); do printf .; sleep 0.2; done`;
    await using workspace = await Workspace.withStories([
      {
        id: 'US-1',
        attempts: [
          [{ do: 'write', path: 'half.txt', content: 'half' }, { do: 'hang' }],
          [
            { do: 'shell', command: talk(5) },
            { do: 'write', path: 'a.txt', content: 'a' },
          ],
        ],
      },
    ]);
    await workspace.write('../home/config.json', JSON.stringify({ idleTimeout: 2 }));
    const run = startRun(workspace);
    const result = await run.ended();
    assert.equal(result.exitCode, 0, result.stderr);
    const [first, second] = run.events.filter((event) => event.type === 'context.completed');
    assert.deepEqual([first?.data['reason'], second?.data['success']], ['agent-idle', true]);
    assert.match(String(first?.data['message']), /no sign of life for 2 s/);
    assert.equal(await workspace.git('show', `refs/storyloop/${run.events[0]?.run_id ?? ''}/US-1/1:half.txt`), 'half');
  });

  it('goes on without its terminal when it was told to, until another signal ends it', async () => {
    await using workspace = await Workspace.withStories(held);
    await workspace.write('../home/config.json', JSON.stringify({ run: { onTerminalClose: 'continue' } }));
    const run = await runIntoSecondStory(workspace);
    run.kill('SIGHUP');
    // Its stop would be told before it takes the next wish.
    assert.equal((await storyloop(workspace, 'pause')).exitCode, 0);
    await run.event('pause.requested');
    assert.equal((await storyloop(workspace, 'resume')).exitCode, 0);
    run.kill('SIGTERM');
    assert.equal((await run.ended()).exitCode, 5);
  });

  it('goes on when the folder of the program that executes it is removed', async () => {
    await using workspace = await Workspace.withStories(held);
    const folder = path.join(workspace.folder, 'extension');
    await cp(path.dirname(cli), folder, { recursive: true });
    const args = ['run', 'prd.json', '--script', workspace.script, '--yes', '--json'];
    const run = new CommandLine(workspace, args, {}, [process.execPath, path.join(folder, 'cli.js')]);
    await fileAppears(`${workspace.folder}/there`);
    await rm(folder, { recursive: true });
    await workspace.write('../go', '');
    const result = await run.ended();
    assert.equal(result.exitCode, 0, result.stderr);
    await assertEachStoryOnce(workspace);
  });

  it('is not started again by its launch ticket, as VS Code does when it revives a terminal, and says how to go on', async () => {
    await using workspace = await Workspace.withStories(held);
    const prd = path.join(workspace.root, 'prd.json');
    assert.equal((await storyloop(workspace, 'run', prd, '--script', workspace.script, '--check')).exitCode, 0);
    const config = { agent: 'scripted', agents: { scripted: { script: workspace.script } } };
    const ticket = await writeTicket(new UserPaths(workspace.home), { prd, config, mode: 'auto' });
    const launch = ['run', prd, '--ticket', ticket, '--json', '--yes'];
    const revived = async (): Promise<void> => {
      const { exitCode, stdout, stderr } = await storyloop(workspace, ...launch);
      assert.deepEqual([exitCode, stdout], [2, '']);
      assert.match(
        stderr,
        /nothing is started twice.*"Storyloop: Resume PRD run".*storyloop run --resume .*prd\.json/s,
      );
    };
    const run = new CommandLine(workspace, launch);
    await fileAppears(`${workspace.folder}/there`);
    await revived();
    run.kill('SIGKILL');
    await run.ended();
    await until('agent and gates to be gone', () => processesOfTest().length === 0, 10_000);
    const refs = await workspace.git('for-each-ref');
    await revived();
    assert.equal(await workspace.git('for-each-ref'), refs);
    await workspace.write('../go', '');
    assert.equal((await startRun(workspace, '--resume').ended()).exitCode, 0);
    await assertEachStoryOnce(workspace);
  });
});
