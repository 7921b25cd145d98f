import assert from 'node:assert/strict';
import type { Config } from '../../src/config/config.js';
import { startRun, storyloop, type CommandLine } from '../rig/commandLine.js';
import { Workspace } from '../rig/workspace.js';

const hanging = [{ do: 'write', path: 'half.txt', content: 'half' }, { do: 'hang' }] as const;

async function limited(workspace: Workspace, config: Config, ...args: string[]): Promise<CommandLine> {
  await workspace.write('../home/config.json', JSON.stringify({ gates: { test: ['node', 'check.js'] }, ...config }));
  return startRun(workspace, ...args);
}

describe('An agent that takes too much of the machine', () => {
  it('is stopped, and its attempt says by how much, for memory and for disk', async function () {
    if (process.platform !== 'linux') this.skip();
    const hoard = 'const hoard = Buffer.alloc(300_000_000, 1); setInterval(() => hoard, 1_000)';
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [[{ do: 'shell', command: `"${process.execPath}" -e "${hoard}"` }]] },
      { id: 'US-2', attempts: [[{ do: 'shell', command: 'head -c 30000000 /dev/zero > big; sleep 60' }]] },
    ]);
    const config = { gates: { test: ['node', 'check.js'] }, attempts: 1, attemptMemory: 250, attemptDisk: 20 };
    await workspace.write('../home/config.json', JSON.stringify(config));
    const run = startRun(workspace);
    assert.equal((await run.ended()).exitCode, 3);
    const ends = run.events.filter(({ type }) => type === 'context.completed').map(({ data }) => data);
    assert.deepEqual(
      ends.map(({ reason }) => reason),
      ['resource-limit', 'resource-limit'],
    );
    assert.match(String(ends[0]?.['message']), /had \d+ MB in memory, more than attemptMemory allows/);
    assert.match(String(ends[1]?.['message']), /grew to \d+ MB, more than attemptDisk allows/);
  });
});

describe('a run whose time is limited', () => {
  it('gives a story up whose attempts take too long, keeps what the last one left, and goes on with the others', async () => {
    await using workspace = await Workspace.withStories([{ id: 'US-1', attempts: [hanging] }, { id: 'US-2' }]);
    const run = await limited(workspace, { storyTimeout: 4 });
    assert.equal((await run.ended()).exitCode, 3);
    const attempt = run.events.find(({ type }) => type === 'context.completed');
    assert.equal(attempt?.data['reason'], 'story-timeout');
    const { data } = await run.event('story.completed', ({ story_id: id }) => id === 'US-1');
    assert.deepEqual(
      [data['reason'], data['message']],
      ['story-timeout', 'Its attempts took longer than 4 s (storyTimeout).'],
    );
    assert.equal(await workspace.git('show', `refs/storyloop/${run.events[0]?.run_id ?? ''}/US-1/1:half.txt`), 'half');
    assert.deepEqual(await workspace.committedStories('ralph/sample'), ['US-2']);
  });

  it('stops in good order after its time, says why, exits 5, and has as long again when it is resumed', async () => {
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [hanging, [{ do: 'write', path: 'a.txt', content: 'a' }]] },
    ]);
    const run = await limited(workspace, { runTimeout: 3 });
    const stopped = await run.ended();
    assert.equal(stopped.exitCode, 5);
    assert.match(stopped.stderr, /took longer than 3 s \(runTimeout\)\. To go on: storyloop run --resume prd\.json/);
    const attempt = run.events.find(({ type }) => type === 'context.completed');
    assert.equal(attempt?.data['reason'], 'interrupted', 'it is no fault of the story');
    assert.match((await storyloop(workspace, 'status')).stdout, /stopped \(The run took longer than 3 s/);
    const resumed = await (await limited(workspace, { runTimeout: 60 }, '--resume')).ended();
    assert.equal(resumed.exitCode, 0, resumed.stderr);
  });

  it('stops also while it waits for its agent', async () => {
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [[{ do: 'limit', reason: 'agent-rate-limited' }]] },
    ]);
    const run = await limited(workspace, { runTimeout: 7, storyTimeout: 5 });
    assert.equal((await run.ended()).exitCode, 5);
    assert.ok(run.events.some(({ type }) => type === 'limit.reached'));
    assert.ok(!run.events.some(({ type }) => type === 'story.completed'), 'the wait is not the time of the story');
  });
});
