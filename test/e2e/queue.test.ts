import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { CommandLine, storyloop } from '../rig/commandLine.js';
import { until } from '../rig/waiting.js';
import { waitingStory } from '../rig/waitingStory.js';
import { Workspace } from '../rig/workspace.js';

describe('Runs of a user', () => {
  it('wait for their turn, in all repositories together: shown as queued, begun when one before ends, stopped without having begun, and not held up by one that was killed', async () => {
    await using first = await Workspace.withStories([waitingStory('US-1', 'US-1')]);
    await using second = await Workspace.withStories([{ id: 'US-1' }]);
    await using third = await Workspace.withStories([{ id: 'US-1' }]);
    const env = { STORYLOOP_HOME: first.home, STORYLOOP_MAX_RUNS: '1' };
    const start = (workspace: Workspace): CommandLine =>
      new CommandLine(workspace, ['run', 'prd.json', '--script', workspace.script, '--yes', '--json'], env);
    const shown = async (workspace: Workspace): Promise<string> => (await storyloop(workspace, 'status')).stdout;

    const killed = start(first);
    await killed.event('context.created');
    const next = start(second);
    const queued = await next.event('prd.queued');
    assert.equal(queued.data['ahead'], 1);
    const stopped = start(third);
    assert.equal((await stopped.event('prd.queued')).data['ahead'], 2);
    assert.match(await shown(second), /[Qq]ueued/);
    const listed = (await new CommandLine(first, ['list']).ended()).stdout;
    assert.match(listed, /Queued, place 2 .*\n.* Queued, place 1 .*\n.* Running .* 1 attempt /);
    assert.match(listed, /\n3 runs: 2 queued, 1 running\.\n$/);

    assert.equal((await storyloop(third, 'stop')).exitCode, 0);
    assert.equal((await stopped.ended()).exitCode, 5);
    assert.deepEqual(
      stopped.events.map(({ type }) => type).filter((type) => type.startsWith('prd.')),
      ['prd.queued', 'prd.stopped'],
    );
    assert.equal(await third.git('for-each-ref', 'refs/heads/ralph'), '');

    killed.kill('SIGKILL');
    assert.equal((await next.ended()).exitCode, 0);
    assert.deepEqual(await second.committedStories('ralph/sample'), ['US-1']);
    const again = start(third);
    assert.equal((await again.ended()).exitCode, 0, 'it goes on from where it was');
    assert.deepEqual(await third.committedStories('ralph/sample'), ['US-1']);
    await killed.ended();
    await until(
      'all tickets to be given back',
      async () => (await readdir(path.join(first.home, 'queue'))).length === 0,
    );
  });
});
