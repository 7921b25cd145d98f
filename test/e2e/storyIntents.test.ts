import assert from 'node:assert/strict';
import type { ScriptStep } from '../../src/agents/script.js';
import type { RunSnapshot } from '../../src/state/snapshot.js';
import { beginBeside, untilDone } from '../rig/besideEachOther.js';
import { startRun, storyloop } from '../rig/commandLine.js';
import { fileAppears } from '../rig/waiting.js';
import { Workspace } from '../rig/workspace.js';

const write = (path: string): ScriptStep => ({ do: 'write', path, content: 'x' });
const hold: ScriptStep = { do: 'wait-for', file: 'go' };

async function storiesOf(workspace: Workspace): Promise<RunSnapshot['stories']> {
  const { runs } = JSON.parse((await storyloop(workspace, 'status', '--json')).stdout) as { runs: RunSnapshot[] };
  return runs[0]?.stories ?? [];
}

async function ask(workspace: Workspace, ...words: string[]): Promise<void> {
  const { exitCode, stderr } = await storyloop(workspace, ...words);
  assert.equal(exitCode, 0, stderr);
}

describe('A person', () => {
  it('leaves out the story that runs: its attempt ends and is kept, and what depends on it does not start', async () => {
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [[write('half.txt'), beginBeside('US-1'), hold]] },
      { id: 'US-2', dependsOn: ['US-1'] },
      { id: 'US-3' },
    ]);
    const run = startRun(workspace);
    await fileAppears(`${workspace.folder}/US-1.begun`);
    await ask(workspace, 'skip', 'US-1');
    assert.equal((await run.ended()).exitCode, 3);
    const stories = await storiesOf(workspace);
    assert.deepEqual(
      stories.map(({ id, status }) => [id, status]),
      [
        ['US-1', 'skipped'],
        ['US-2', 'blocked'],
        ['US-3', 'completed'],
      ],
    );
    assert.equal(await workspace.git('show', `${stories[0]?.attempts[0]?.ref ?? ''}:half.txt`), 'x');
  });

  it('gives a failed story more attempts, with what went wrong before, and begins first with what is asked for', async () => {
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [[write('broken')], [write('broken')], [write('broken')], [write('good.txt')]] },
      { id: 'US-2', attempts: [[beginBeside('US-2'), hold, write('US-2.txt')]] },
      { id: 'US-3' },
      { id: 'US-4' },
    ]);
    const run = startRun(workspace);
    await run.event('story.completed', (event) => event.story_id === 'US-1');
    await fileAppears(`${workspace.folder}/US-2.begun`);
    await ask(workspace, 'retry', 'US-1');
    await ask(workspace, 'prioritise', 'US-4');
    await run.event('prioritise.requested');
    await workspace.write('../go', '');
    const { exitCode, stderr } = await run.ended();
    assert.equal(exitCode, 0, stderr);
    const begun = run.events.filter(({ type }) => type === 'story.started').map((event) => event.story_id);
    assert.deepEqual(begun, ['US-1', 'US-2', 'US-4', 'US-1', 'US-3']);
    const fourth = run.events.find(({ type, data }) => type === 'context.refreshed' && data['attempt'] === 4);
    assert.match(String(fourth?.data['feedback']), /the file broken is there/);
  });

  it('pauses at once: the attempts that run are stopped and kept, do not count, and others follow when it goes on', async () => {
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [[write('half.txt'), beginBeside('US-1'), hold], [write('US-1.txt')]] },
    ]);
    await workspace.write(
      '../home/config.json',
      JSON.stringify({ gates: { test: ['node', 'check.js'] }, attempts: 1 }),
    );
    const run = startRun(workspace);
    await fileAppears(`${workspace.folder}/US-1.begun`);
    await ask(workspace, 'pause', '--now');
    await run.event('prd.paused');
    const [story] = await storiesOf(workspace);
    assert.equal(story?.attempts[0]?.reason, 'interrupted');
    assert.equal(await workspace.git('show', `${story.attempts[0].ref ?? ''}:half.txt`), 'x');
    await ask(workspace, 'resume');
    const { exitCode, stderr } = await run.ended();
    assert.equal(exitCode, 0, stderr);
  });

  it('accepts a criterion that no check can prove, and is named as its proof', async () => {
    await using workspace = await Workspace.withStories([
      { id: 'US-1', criteria: ['It looks good'] },
      { id: 'US-2', attempts: [[untilDone('US-1'), beginBeside('US-2'), hold, write('US-2.txt')]] },
    ]);
    const run = startRun(workspace, '--proof', 'trusting');
    await fileAppears(`${workspace.folder}/US-2.begun`);
    await ask(workspace, 'accept', 'US-1', 'AC-1');
    await run.event('criterion.completed', (event) => event.story_id === 'US-1');
    await workspace.write('../go', '');
    assert.equal((await run.ended()).exitCode, 0);
    const [story] = await storiesOf(workspace);
    assert.deepEqual(story?.criteria[0]?.proof, { kind: 'person', by: 'command line' });
  });

  it('is told at once what a story cannot be asked', async () => {
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [[beginBeside('US-1'), hold, write('US-1.txt')]] },
    ]);
    const run = startRun(workspace);
    await fileAppears(`${workspace.folder}/US-1.begun`);
    for (const [words, answer] of [
      [['retry', 'US-1'], /US-1 is running; it cannot be asked to retry/],
      [['skip', 'US-9'], /no story "US-9"/],
      [['accept', 'US-1', 'AC-7'], /no criterion 7/],
      [['accept', 'US-1', 'seven'], /AC-2/],
    ] as const) {
      const { exitCode, stderr } = await storyloop(workspace, ...words);
      assert.equal(exitCode, 2);
      assert.match(stderr, answer);
    }
    await workspace.write('../go', '');
    assert.equal((await run.ended()).exitCode, 0);
  });

  it('who edits the PRD file is told that the run goes on with what it said, until it says that again', async () => {
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [[beginBeside('US-1'), hold, write('US-1.txt')]] },
      { id: 'US-2', attempts: [[beginBeside('US-2'), { do: 'wait-for', file: 'go2' }, write('US-2.txt')]] },
    ]);
    const before = await workspace.read('prd.json');
    const run = startRun(workspace);
    await fileAppears(`${workspace.folder}/US-1.begun`);
    await workspace.write('prd.json', before.replace('Story US-2', 'Another story'));
    await workspace.write('../go', '');
    const changed = await run.event('prd.changed');
    assert.deepEqual(changed.data['stories'], ['US-2']);
    await fileAppears(`${workspace.folder}/US-2.begun`);
    const now = await workspace.read('prd.json');
    assert.match(now, /"US-1"[^}]*"passes": true/, 'the status is written all the same');
    await workspace.write('prd.json', now.replace('Another story', 'Story US-2'));
    await workspace.write('../go2', '');
    assert.equal((await run.ended()).exitCode, 0);
    assert.deepEqual(run.events.findLast(({ type }) => type === 'prd.changed')?.data['stories'], []);
  });
});
