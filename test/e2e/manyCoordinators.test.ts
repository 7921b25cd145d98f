import assert from 'node:assert/strict';
import { FAKETIME_HINT, findFaketime } from '../setup/faketime.mjs';
import { CommandLine, startRun, storyloop } from '../rig/commandLine.js';
import { assertEachStoryOnce, held, runIntoSecondStory } from '../rig/heldRun.js';
import { until } from '../rig/waiting.js';
import { Workspace } from '../rig/workspace.js';

/** `npm run gauntlet` starts twenty. */
const count = process.env['STORYLOOP_GAUNTLET'] === 'all' ? 20 : 6;

/** Starts so many at once; with `clocks`, a third each an hour late and an hour early. Answers their exit codes, sorted. */
async function together(workspace: Workspace, clocks?: string): Promise<(number | null)[]> {
  const args = ['run', 'prd.json', '--script', workspace.script, '--yes', '--json'];
  const runs = Array.from({ length: count }, (_, index) => {
    const hours = (index % 3) - 1;
    const env =
      clocks === undefined ? {} : { LD_PRELOAD: clocks, FAKETIME: `${hours < 0 ? '-' : '+'}${Math.abs(hours)}h` };
    return new CommandLine(workspace, args, env);
  });
  const results = await Promise.all(runs.map((run) => run.ended()));
  return results.map(({ exitCode }) => exitCode).sort();
}

/** The library that gives a process another clock; without it the test is skipped, and says so. */
function clocksOrSkip(test: Mocha.Context): string {
  const clocks = findFaketime();
  if (clocks !== undefined) return clocks;
  console.log(`Skipped: ${FAKETIME_HINT}`);
  return test.skip();
}

const oneOwner = [0, ...Array.from({ length: count - 1 }, () => 4)];
const none = Array.from({ length: count }, () => 4);

describe('Many coordinators that are started together on one PRD', function () {
  this.timeout(120_000);

  it('have one owner, also when their clocks are an hour off, late or early', async function () {
    const clocks = clocksOrSkip(this);
    await using workspace = await Workspace.withStories(held);
    await workspace.write('../go', '');
    assert.deepEqual(await together(workspace, clocks), oneOwner);
    await assertEachStoryOnce(workspace);
  });

  it('have one owner after one that was killed and left its lock behind', async () => {
    await using workspace = await Workspace.withStories(held);
    const killed = await runIntoSecondStory(workspace);
    killed.kill('SIGKILL');
    await killed.ended();
    await workspace.write('../go', '');
    assert.deepEqual(await together(workspace), oneOwner);
    await assertEachStoryOnce(workspace);
  });

  it('leave an owner that is stopped what it has; once it is outlawed they have one, and it has no effect when it wakes up', async () => {
    await using workspace = await Workspace.withStories(held);
    const ghost = await runIntoSecondStory(workspace);
    ghost.kill('SIGSTOP');
    assert.deepEqual(await together(workspace), none);
    await until('the heartbeat to be old enough', async () =>
      (await storyloop(workspace, 'locks', 'clean', '--max-age', '1')).stdout.includes('outlawed'),
    );
    await workspace.write('../go', '');
    assert.deepEqual(await together(workspace), oneOwner);
    const refs = await workspace.git('for-each-ref');
    ghost.kill('SIGCONT');
    assert.equal((await ghost.ended()).exitCode, 4);
    assert.equal(await workspace.git('for-each-ref'), refs);
    await assertEachStoryOnce(workspace);
  });

  it('have none while one with another clock is at work', async function () {
    const clocks = clocksOrSkip(this);
    await using workspace = await Workspace.withStories(held);
    const owner = await runIntoSecondStory(workspace);
    assert.deepEqual(await together(workspace, clocks), none);
    await workspace.write('../go', '');
    assert.equal((await owner.ended()).exitCode, 0);
    assert.equal((await startRun(workspace).ended()).exitCode, 0, 'a further run has nothing to do');
    await assertEachStoryOnce(workspace);
  });
});
