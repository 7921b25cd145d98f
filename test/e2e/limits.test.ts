import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { startRun, storyloop } from '../rig/commandLine.js';
import { Workspace } from '../rig/workspace.js';

const done = { do: 'write', path: 'done.txt', content: 'done' } as const;

describe('a run whose agent cannot work now', () => {
  it('waits for the reset of a limit instead of using attempts up, says until when, still waits when its coordinator was killed, and goes on at once when a person says so', async () => {
    const limit = { do: 'limit', reason: 'agent-rate-limited', forMs: 3_600_000 } as const;
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [[limit], [limit], [done]] },
      { id: 'US-2' },
    ]);
    await workspace.write('../home/config.json', JSON.stringify({ attempts: 1 }));
    const killed = startRun(workspace);
    const { data } = await killed.event('limit.reached');
    assert.equal(data['reason'], 'agent-rate-limited');
    const [until, reset] = [Date.parse(String(data['until'])), Date.parse(String(data['resets_at']))];
    assert.ok(reset > Date.now() && until >= reset);
    assert.match((await storyloop(workspace, 'status')).stdout, /limit of scripted.*goes on by itself at \d\d:\d\d/);
    killed.kill('SIGKILL');
    await killed.ended();

    const run = startRun(workspace, '--resume');
    await run.event('prd.started');
    const shown = (await storyloop(workspace, 'status', '--json')).stdout;
    const { runs } = JSON.parse(shown) as { runs: { limits?: { until?: string }[] }[] };
    assert.equal(runs[0]?.limits?.[0]?.until, data['until']);
    for (const attempt of [2, 3]) {
      assert.equal((await storyloop(workspace, 'resume')).exitCode, 0);
      await run.event('context.refreshed', (event) => event.data['attempt'] === attempt);
      if (attempt === 2) await run.event('limit.reached');
    }
    const result = await run.ended();
    assert.equal(result.exitCode, 0, result.stderr);
    assert.deepEqual(await workspace.committedStories('ralph/sample'), ['US-1', 'US-2']);
    const types = run.events.map(({ type }) => type).filter((type) => /^limit|^resume/.test(type));
    const wait = ['resume.requested', 'limit.cleared'];
    assert.deepEqual(types, [...wait, 'limit.reached', ...wait]);
  });

  it('tries again by itself when the service gave no answer, and not before it said', async () => {
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [[{ do: 'limit', reason: 'agent-unavailable' }], [done]] },
    ]);
    await workspace.write('../home/config.json', JSON.stringify({ attempts: 1 }));
    const run = startRun(workspace);
    const result = await run.ended();
    assert.equal(result.exitCode, 0, result.stderr);
    const reached = run.events.find(({ type }) => type === 'limit.reached');
    const cleared = run.events.find(({ type }) => type === 'limit.cleared');
    assert.ok(cleared && Date.parse(cleared.timestamp) >= Date.parse(String(reached?.data['until'])));
  });

  it('goes on with the stories of other agents', async () => {
    const limit = { do: 'limit', reason: 'agent-rate-limited', forMs: 3_600_000 } as const;
    await using workspace = await Workspace.withStories([
      {
        id: 'US-1',
        attempts: [
          [
            { do: 'wait-for', file: 'go' },
            { do: 'exit', code: 1 },
          ],
        ],
      },
      { id: 'US-2', attempts: [[limit], [done]] },
    ]);
    const other = ['node', '-e', "require('fs').writeFileSync('good.txt', 'x')"];
    const ladder = [{ agent: 'scripted', attempts: 1 }, { agent: 'command' }];
    const config = { agents: { command: { argv: other } }, ladder };
    await workspace.write('../home/config.json', JSON.stringify(config));
    const run = startRun(workspace, '--workers', '2');
    await run.event('limit.reached');
    await workspace.write('../go', '');
    await run.event('story.completed', ({ story_id: id, data }) => id === 'US-1' && data['success'] === true);
    assert.ok(!run.events.some(({ type }) => type === 'limit.cleared'));
    assert.equal((await storyloop(workspace, 'resume')).exitCode, 0);
    assert.equal((await run.ended()).exitCode, 0);
  });

  it('can be paused and stopped while it waits', async () => {
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [[{ do: 'limit', reason: 'agent-rate-limited' }]] },
    ]);
    const run = startRun(workspace);
    await run.event('limit.reached');
    await storyloop(workspace, 'pause');
    await run.event('prd.paused');
    await storyloop(workspace, 'resume');
    await run.event('prd.resumed');
    await storyloop(workspace, 'stop');
    assert.equal((await run.ended()).exitCode, 5);
    assert.equal(run.events.filter(({ type }) => type.startsWith('context.')).length, 2, 'one attempt');
    assert.equal(run.events.at(-1)?.type, 'prd.stopped');
    assert.doesNotMatch((await storyloop(workspace, 'status')).stdout, /goes on by itself/);
  });

  it('keeps what an attempt made while its reviewer is at its limit, and asks that one again', async () => {
    const limit = { do: 'limit', reason: 'agent-rate-limited' } as const;
    const story = { id: 'US-1', criteria: ['Somebody is pleased'], attempts: [[done]] };
    await using workspace = await Workspace.withStories([{ ...story, reviews: [[limit]] }]);
    const run = startRun(workspace);
    await run.event('limit.reached');
    const find = { do: 'find', criterion: 1, holds: true, evidence: 'Ada smiles' };
    await writeFile(workspace.script, JSON.stringify({ stories: { 'US-1': [[done]] }, reviews: { 'US-1': [[find]] } }));
    await storyloop(workspace, 'resume');
    const { exitCode, stderr } = await run.ended();
    assert.equal(exitCode, 0, stderr);
    assert.equal(run.events.filter(({ type }) => type === 'context.created').length, 1);
    assert.ok(!run.events.some(({ type }) => type === 'context.refreshed'), 'one attempt');
  });

  it('ends with its story, which is left out while its reviewer is waited for; a pause then waits for the others', async () => {
    const limit = { do: 'limit', reason: 'agent-rate-limited' } as const;
    await using workspace = await Workspace.withStories([
      { id: 'US-1', criteria: ['Somebody is pleased'], attempts: [[done]], reviews: [[limit]] },
      { id: 'US-2', attempts: [[{ do: 'wait-for', file: 'go' }, done]] },
    ]);
    const run = startRun(workspace, '--workers', '2');
    await run.event('limit.reached');
    await run.event('command.started', ({ story_id: id }) => id === 'US-2');
    await storyloop(workspace, 'skip', 'US-1');
    await run.event('story.status', ({ data }) => data['new_status'] === 'skipped');
    await storyloop(workspace, 'pause');
    await run.event('pause.requested');
    await storyloop(workspace, 'retry', 'US-1');
    await run.event('retry.requested');
    await workspace.write('../go', '');
    await run.event('prd.paused');
    const types = run.events.map(({ type, story_id: id }) => `${id ?? ''} ${type}`);
    assert.ok(types.indexOf('US-2 context.completed') < types.indexOf(' prd.paused'), types.join('\n'));
    await storyloop(workspace, 'stop');
    assert.equal((await run.ended()).exitCode, 5);
  });
});
