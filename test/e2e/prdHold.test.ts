import assert from 'node:assert/strict';
import path from 'node:path';
import type { IntentName } from '../../src/events/catalogue.js';
import { dropIntent } from '../../src/session/inbox.js';
import { ProjectPaths } from '../../src/session/paths.js';
import { startRun, type CommandLine } from '../rig/commandLine.js';
import { Workspace, type PlannedStory } from '../rig/workspace.js';

const waiting = (id: string): PlannedStory => ({
  id,
  attempts: [
    [
      { do: 'wait-for', file: id },
      { do: 'write', path: `${id}.txt`, content: id },
    ],
  ],
});

/** What VS Code asks of a run whose PRD file has unsaved changes. */
async function ask(workspace: Workspace, run: CommandLine, intent: IntentName): Promise<void> {
  const started = await run.event('prd.started');
  const paths = new ProjectPaths(path.join(workspace.root, '.git')).run(started.run_id ?? '');
  await dropIntent(paths, { intent, by: 'VS Code' }, Date.now());
  if (intent === 'hold') await run.event('hold.requested');
}

const done = (run: CommandLine, id: string) => run.event('story.completed', (event) => event.story_id === id);
const written = (run: CommandLine, id: string) => run.event('prd.written', (event) => event.story_id === id);

describe('A run whose PRD file is being edited', () => {
  it('leaves the file alone until it is released, and then writes what it is behind into what was saved', async () => {
    await using workspace = await Workspace.withStories([waiting('US-1'), waiting('US-2')]);
    const run = startRun(workspace);
    await ask(workspace, run, 'hold');
    const before = await workspace.read('prd.json');
    await workspace.write('../US-1', '');
    await done(run, 'US-1');
    assert.equal(await workspace.read('prd.json'), before);
    const saved = before.replace('"description": "A sample for tests"', '"description": "Changed by a person"');
    assert.notEqual(saved, before);
    await workspace.write('prd.json', saved);
    await ask(workspace, run, 'release');
    await written(run, 'US-1');
    const withFirst = saved.replace('"passes": false', '"passes": true');
    assert.equal(await workspace.read('prd.json'), withFirst);
    await workspace.write('../US-2', '');
    assert.equal((await run.ended()).exitCode, 0);
    assert.equal(await workspace.read('prd.json'), saved.replaceAll('"passes": false', '"passes": true'));
  });

  it('says at its end what is not written, and the next start writes it without doing the story again', async () => {
    await using workspace = await Workspace.withStories([waiting('US-1'), { id: 'US-2' }]);
    const run = startRun(workspace);
    await ask(workspace, run, 'hold');
    const before = await workspace.read('prd.json');
    await workspace.write('../US-1', '');
    const result = await run.ended();
    assert.equal(result.exitCode, 0, result.stderr);
    assert.match(result.stderr, /US-1, US-2: done, but not marked so in prd\.json yet, .*unsaved changes in VS Code/);
    assert.equal(await workspace.read('prd.json'), before);

    // The file has another story by this name now: what was done is not what it asks for.
    await workspace.write('prd.json', before.replace('"Story US-2"', '"Another story"'));
    await workspace.writeScript([{ id: 'US-2', attempts: [[{ do: 'write', path: 'other.txt', content: 'x' }]] }]);
    const next = startRun(workspace);
    assert.equal((await next.ended()).exitCode, 0);
    const begun = next.events.filter(({ type }) => type === 'story.started').map(({ story_id: id }) => id);
    assert.deepEqual(begun, ['US-2']);
    assert.equal((await workspace.read('prd.json')).match(/"passes": true/g)?.length, 2);
  });

  it('writes what it is behind when it is resumed', async () => {
    await using workspace = await Workspace.withStories([waiting('US-1'), waiting('US-2')]);
    const run = startRun(workspace);
    await ask(workspace, run, 'hold');
    await workspace.write('../US-1', '');
    await done(run, 'US-1');
    run.kill('SIGTERM');
    assert.equal((await run.ended()).exitCode, 5);
    const resumed = startRun(workspace, '--resume');
    await written(resumed, 'US-1');
    await workspace.write('../US-2', '');
    assert.equal((await resumed.ended()).exitCode, 0);
    assert.equal((await workspace.read('prd.json')).match(/"passes": true/g)?.length, 2);
  });

  it('does not obey what was asked of a process that is gone', async () => {
    await using workspace = await Workspace.withStories([waiting('US-1')]);
    const run = startRun(workspace);
    const started = await run.event('prd.started');
    run.kill('SIGKILL');
    await run.ended();
    const paths = new ProjectPaths(path.join(workspace.root, '.git')).run(started.run_id ?? '');
    await dropIntent(paths, { intent: 'stop', by: 'VS Code' }, Date.now());
    await workspace.write('../US-1', '');
    assert.equal((await startRun(workspace, '--resume').ended()).exitCode, 0);
  });
});
