import assert from 'node:assert/strict';
import { startRun, storyloop } from '../rig/commandLine.js';
import { Workspace } from '../rig/workspace.js';

describe('storyloop merge', () => {
  it('brings what a run committed into the branch that is checked out, once it is over, and says how to take it back', async () => {
    await using workspace = await Workspace.withStories([
      {
        id: 'US-1',
        attempts: [
          [
            { do: 'wait-for', file: 'go' },
            { do: 'write', path: 'US-1.txt', content: 'x' },
          ],
        ],
      },
    ]);
    assert.match((await storyloop(workspace, 'merge')).stderr, /no runs/);
    const run = startRun(workspace);
    await run.event('context.created');
    const early = await storyloop(workspace, 'merge');
    assert.deepEqual(
      [early.exitCode, early.stderr.trim()],
      [2, 'The run goes on. Its result can be merged once it has ended.'],
    );
    await workspace.write('../go', '');
    assert.equal((await run.ended()).exitCode, 0);
    const base = await workspace.git('rev-parse', '--short=8', 'main');
    const merged = await storyloop(workspace, 'merge', 'prd.json');
    assert.equal(merged.exitCode, 0, merged.stderr);
    assert.match(merged.stdout, new RegExp(`^main has it now .*git reset --keep ${base}\n$`));
    assert.deepEqual(await workspace.committedStories('main', base), ['US-1']);
    assert.match((await storyloop(workspace, 'merge')).stdout, /has all of it already/);
  });
});
