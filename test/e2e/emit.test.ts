import assert from 'node:assert/strict';
import { storyloop, type CommandResult } from '../rig/commandLine.js';
import { Served } from '../rig/servedHub.js';
import { Workspace } from '../rig/workspace.js';

const silent = { exitCode: 0, signal: null, stdout: '', stderr: '' } satisfies CommandResult;

/** The events that the hub has, without what it makes up itself. */
async function stored(hub: Served): Promise<object[]> {
  const { events } = (await (await hub.fetch('/api/events')).json()) as { events: Record<string, unknown>[] };
  return events.map(({ type, prd_id: prd, story_id: story, run_id: run, source, data }) => ({
    ...{ type, source, data },
    ...(prd !== undefined && { prd }),
    ...(story !== undefined && { story }),
    ...(run !== undefined && { run }),
  }));
}

describe('storyloop emit', () => {
  it('stores one event, from words or from JSON, and is silent', async () => {
    await using workspace = await Workspace.create();
    await using hub = await Served.start(workspace);
    const emit = async (...args: string[]): Promise<void> => {
      assert.deepEqual(await storyloop(workspace, 'emit', ...args), silent);
    };
    await emit('test.run', '--prd', 'P-1', '--story', 'US-1', 'passed=3', 'failed=0', 'total=3', 'note=all well');
    await emit(
      'commit.created',
      '--prd',
      'P-1',
      '--data',
      '{"story_id":"US-1","commit_hash":"abc1234"}',
      '--run',
      'night',
    );
    await emit('moon.landed', 'where=Mare Tranquillitatis');
    assert.deepEqual(await stored(hub), [
      {
        ...{ type: 'test.run', source: 'script', prd: 'P-1', story: 'US-1' },
        data: { story_id: 'US-1', passed: 3, failed: 0, total: 3, note: 'all well' },
      },
      {
        ...{ type: 'commit.created', source: 'script', prd: 'P-1', story: 'US-1', run: 'night' },
        data: { story_id: 'US-1', commit_hash: 'abc1234' },
      },
      { type: 'moon.landed', source: 'script', data: { where: 'Mare Tranquillitatis' } },
    ]);
  });

  it('makes up an external run, which every view shows as that, beside the runs that have a journal', async () => {
    await using workspace = await Workspace.withStories([{ id: 'US-1' }]);
    assert.equal((await storyloop(workspace, 'run', 'prd.json', '--script', workspace.script, '--yes')).exitCode, 0);
    await using hub = await Served.start(workspace);
    const about = ['--prd', 'nightly'];
    await storyloop(workspace, 'emit', 'prd.started', ...about, 'status=running', 'total_stories=2', 'title=Nightly');
    await storyloop(workspace, 'emit', 'story.started', ...about, '--story', 'N-1');
    await storyloop(
      workspace,
      'emit',
      'story.completed',
      ...about,
      '--story',
      'N-1',
      'success=true',
      'status=completed',
    );
    const { stdout } = await storyloop(workspace, 'list');
    const [external = '', own = '', totals, ...rest] = stdout.trimEnd().split('\n');
    assert.match(external, /^\S+ \S+ {2}Running +1\/2 .* nightly +external, from script +Nightly$/);
    assert.match(own, /^\S+ \S+ {2}Completed +1\/1 +\d+s +1 attempt .*project-prd-\w{6} +run_\w+ +Sample/);
    assert.match(totals ?? '', /^2 runs: 1 running, 1 completed\. Success rate 100 %, mean time \d+s\.$/);
    assert.deepEqual(rest, []);
    const listed = JSON.parse((await storyloop(workspace, 'list', '--json')).stdout) as {
      runs: { external: boolean }[];
    };
    assert.deepEqual(
      listed.runs.map(({ external: outside }) => outside),
      [true, false],
    );
    const state = (await (await hub.fetch('/api/state')).json()) as { state: { runs: Record<string, unknown>[] } };
    const run = state.state.runs.find(({ id }) => id === 'external:script:nightly');
    assert.deepEqual([run?.['external'], run?.['status'], run?.['title']], [true, 'running', 'Nightly']);
  });

  it('does nothing, says nothing and ends with 0 when no hub can take it, unless it is to be strict', async () => {
    await using workspace = await Workspace.create();
    assert.deepEqual(await storyloop(workspace, 'emit', 'prd.paused', '--prd', 'P-1'), silent);
    const strict = await storyloop(workspace, 'emit', 'prd.paused', '--prd', 'P-1', '--strict');
    assert.equal(strict.exitCode, 6);
    assert.match(strict.stderr, /There is no hub/);

    const hub = await Served.start(workspace);
    assert.deepEqual(await storyloop(workspace, 'emit', 'prd.paused', '--prd', 'P-1', '--strict'), silent);
    hub.command.kill('SIGSTOP');
    const before = performance.now();
    assert.deepEqual(await storyloop(workspace, 'emit', 'prd.paused', '--prd', 'P-1'), silent);
    assert.ok(performance.now() - before < 8_000, 'does not wait for a hub that hangs');
    await hub.kill();
    assert.deepEqual(await storyloop(workspace, 'emit', 'prd.paused', '--prd', 'P-1'), silent);
  });

  it('names what is wrong with the type or the data, hub or not', async () => {
    await using workspace = await Workspace.create();
    const refused = async (message: RegExp, ...args: string[]): Promise<void> => {
      const { exitCode, stdout, stderr } = await storyloop(workspace, 'emit', ...args);
      assert.deepEqual({ exitCode, stdout }, { exitCode: 2, stdout: '' });
      assert.match(stderr, message);
    };
    await refused(/type: an event type looks like "story\.started"/, 'Story');
    await refused(/data\.passed: .*number/, 'test.run', '--story', 'US-1', 'passed=many', 'failed=0', 'total=1');
    await refused(/data\.total: /, 'test.run', '--story', 'US-1', 'passed=1', 'failed=0');
    await refused(/"done" is no key=value/, 'story.completed', 'done');
    await refused(/--data is no JSON/, 'story.completed', '--data', '{');
    await refused(/not both/, 'story.completed', '--data', '{}', 'a=1');
  });
});
