import assert from 'node:assert/strict';
import type { ScriptStep } from '../../src/agents/script.js';
import { beginBeside, untilBegun, untilDone } from '../rig/besideEachOther.js';
import { startRun, storyloop, type CommandLine } from '../rig/commandLine.js';
import { fileAppears } from '../rig/waiting.js';
import { Workspace } from '../rig/workspace.js';

const write = (path: string, content: string): ScriptStep => ({ do: 'write', path, content });

const waitFor = (file: string): ScriptStep => ({ do: 'wait-for', file });

interface Proof {
  readonly commit?: string;
}

async function ended(run: CommandLine, exitCode: number): Promise<void> {
  const result = await run.ended();
  assert.equal(result.exitCode, exitCode, result.stderr);
}

const ofStory = (run: CommandLine, type: string, story: string) =>
  run.events.filter((event) => event.type === type && event.story_id === story);

describe('Stories that run at the same time', () => {
  it('are as many as there are workers, in waves, and each is committed once, on top of the others', async () => {
    const first = ['US-1', 'US-2', 'US-3'];
    await using workspace = await Workspace.withStories([
      ...first.map((id) => ({
        id,
        // One after the other would wait for ever.
        attempts: [[beginBeside(id), ...first.map(untilBegun), write(`${id}.txt`, id)]],
      })),
      { id: 'US-4' },
    ]);
    const run = startRun(workspace, '--workers', '3');
    await ended(run, 0);
    assert.deepEqual((await workspace.committedStories('ralph/sample')).sort(), [...first, 'US-4']);
    const waves = run.events.filter((event) => event.type === 'cycle.started').map((event) => event.data['story_keys']);
    assert.deepEqual(waves, [first, ['US-4']]);
    assert.equal(run.events.filter((event) => event.type === 'cycle.ended').length, 2);
    assert.equal(await workspace.git('worktree', 'list', '--porcelain').then((list) => list.split('\n\n').length), 1);
  });

  it('are told as long as what they make contradicts each other, and where', async () => {
    await using workspace = await Workspace.withStories([
      {
        id: 'US-1',
        attempts: [
          [
            beginBeside('US-1'),
            untilBegun('US-2'),
            write('api.txt', 'one'),
            waitFor('seen'),
            write('api.txt', 'two'),
            waitFor('go'),
          ],
        ],
      },
      {
        id: 'US-2',
        attempts: [
          [beginBeside('US-2'), untilBegun('US-1'), write('api.txt', 'two'), write('own.txt', 'x'), waitFor('go')],
        ],
      },
    ]);
    const run = startRun(workspace, '--workers', '2');
    const about = (story: string) => run.event('conflict.foreseen', (event) => event.story_id === story);
    const told = [await about('US-1'), await about('US-2')].map(({ data }) => [data['other_story'], data['files']]);
    assert.deepEqual(told, [
      ['US-2', ['api.txt']],
      ['US-1', ['api.txt']],
    ]);
    assert.match(
      (await storyloop(workspace, 'explain', 'US-2')).stdout,
      /Will conflict with US-1 in api\.txt, as things stand/,
    );
    await workspace.write('../seen', '');
    await run.event(
      'conflict.foreseen',
      ({ data, story_id: story }) => story === 'US-2' && (data['files'] as string[]).length === 0,
    );
    assert.doesNotMatch((await storyloop(workspace, 'explain', 'US-2')).stdout, /Will conflict/);
    await workspace.write('../go', '');
    await ended(run, 0);
  });

  it('do not work in the same files: one waits, says for whom, and the next in line begins in its stead', async () => {
    await using workspace = await Workspace.withStories([
      {
        id: 'US-1',
        fileScope: ['src'],
        attempts: [[beginBeside('US-1'), untilBegun('US-3'), waitFor('go'), write('src/a.txt', 'a')]],
      },
      { id: 'US-2', fileScope: ['src/api.txt'] },
      { id: 'US-3', attempts: [[beginBeside('US-3'), untilBegun('US-1'), waitFor('asked'), write('b.txt', 'b')]] },
      { id: 'US-4', attempts: [[waitFor('go'), write('c.txt', 'c')]] },
    ]);
    const run = startRun(workspace, '--workers', '3');
    await run.event('story.waiting', (event) => event.story_id === 'US-2');
    assert.match((await storyloop(workspace, 'explain', 'US-2')).stdout, /Waits for US-1, which works in src\./);
    await run.event('story.started', (event) => event.story_id === 'US-4');
    // Nobody has a place for it now; it waits for the same all the same.
    await storyloop(workspace, 'prioritise', 'US-2');
    await run.event('prioritise.requested');
    await workspace.write('../asked', '');
    await run.event('story.completed', (event) => event.story_id === 'US-3');
    await workspace.write('../go', '');
    await ended(run, 0);
    const types = run.events.map(({ type, story_id: story }) => `${story ?? ''} ${type}`);
    assert.ok(types.indexOf('US-3 story.started') < types.indexOf('US-1 story.completed'), types.join('\n'));
    assert.ok(types.indexOf('US-1 story.completed') < types.indexOf('US-2 story.started'), types.join('\n'));
    assert.equal(ofStory(run, 'story.waiting', 'US-2').length, 1, 'told once');
  });

  it('do not begin in files that another one has changed and that are not part of the result yet', async () => {
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [[beginBeside('US-1'), untilBegun('US-2'), write('api.txt', 'a')]] },
      { id: 'US-2', attempts: [[beginBeside('US-2'), waitFor('checking'), write('b.txt', 'b')]] },
      { id: 'US-3', fileScope: ['*.txt'] },
    ]);
    await workspace.write(
      'check.js',
      `const fs = require('node:fs');
      const beside = (file) => '../../../../../' + file;
      if (fs.existsSync('api.txt') && !fs.existsSync('b.txt')) {
        fs.writeFileSync(beside('checking'), '');
        const look = setInterval(() => fs.existsSync(beside('go')) && clearInterval(look), 20);
      }
      `,
    );
    await workspace.commit('a slow check');
    const run = startRun(workspace, '--workers', '2');
    const waiting = await run.event('story.waiting', (event) => event.story_id === 'US-3');
    assert.deepEqual(waiting.data['on'], [{ story_id: 'US-1', files: ['api.txt'] }]);
    await workspace.write('../go', '');
    await ended(run, 0);
    const types = run.events.map(({ type, story_id: story }) => `${story ?? ''} ${type}`);
    assert.ok(types.indexOf('US-1 merge.completed') < types.indexOf('US-3 story.started'), types.join('\n'));
  });

  it('do not start before what they depend on is done, however many workers are free', async () => {
    await using workspace = await Workspace.withStories([{ id: 'US-1' }, { id: 'US-2', dependsOn: ['US-1'] }]);
    const run = startRun(workspace, '--workers', '4');
    await ended(run, 0);
    const order = run.events.filter(({ type }) => type === 'story.started' || type === 'story.completed');
    assert.deepEqual(
      order.map(({ type, story_id: story }) => `${story ?? ''} ${type}`),
      ['US-1 story.started', 'US-1 story.completed', 'US-2 story.started', 'US-2 story.completed'],
    );
  });

  it('are checked again on top of what was finished while they were checked: what breaks together is sent back', async () => {
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [[beginBeside('US-1'), untilBegun('US-2'), waitFor('checking'), write('a.txt', 'a')]] },
      { id: 'US-2', attempts: [[beginBeside('US-2'), untilBegun('US-1'), write('b.txt', 'b')], [write('c.txt', 'c')]] },
    ]);
    await workspace.write(
      'check.js',
      `const fs = require('node:fs');
      const beside = (file) => '../../../../../' + file;
      const [a, b] = ['a.txt', 'b.txt'].map((file) => fs.existsSync(file));
      if (a && b) { console.error('a and b exclude each other'); process.exit(1); }
      if (b) {
        fs.writeFileSync(beside('checking'), '');
        const look = setInterval(() => fs.existsSync(beside('go')) && clearInterval(look), 20);
      }
      `,
    );
    await workspace.commit('a stricter check');
    const run = startRun(workspace, '--workers', '2');
    await run.event('merge.completed', (event) => event.story_id === 'US-1');
    await workspace.write('../go', '');
    await ended(run, 0);
    const gates = ofStory(run, 'gate.completed', 'US-2').map((event) => event.data['passed']);
    assert.deepEqual(gates, [true, false, true], 'alone, on top of US-1, and the second attempt');
    assert.match(String(ofStory(run, 'context.refreshed', 'US-2')[0]?.data['feedback']), /a and b exclude each other/);
    const files = await workspace.git('ls-tree', '--name-only', 'ralph/sample');
    assert.match(files, /a\.txt/);
    assert.match(files, /c\.txt/);
    assert.doesNotMatch(await workspace.git('log', '--name-only', '--format=', 'main..ralph/sample'), /b\.txt/);
  });

  it('leave their worker to others while they are checked again, and have one again before anybody who begins', async () => {
    const sentBack = waitFor('sent-back');
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [[waitFor('checking'), write('a.txt', 'a')]] },
      { id: 'US-2', attempts: [[write('b.txt', 'b')], [beginBeside('US-2'), write('c.txt', 'c')]] },
      { id: 'US-3', attempts: [[sentBack, write('3.txt', '3')]] },
      // Until then only the worker of US-3 is free for another.
      { id: 'US-4', attempts: [[beginBeside('US-4'), sentBack, untilBegun('US-2'), write('4.txt', '4')]] },
      { id: 'US-5' },
    ]);
    await workspace.write(
      'check.js',
      `const fs = require('node:fs');
      const beside = (file) => '../../../../../' + file;
      const until = (file) => {
        const look = setInterval(() => fs.existsSync(beside(file)) && clearInterval(look), 20);
      };
      const [a, b] = ['a.txt', 'b.txt'].map((file) => fs.existsSync(file));
      if (a && b) {
        process.exitCode = 1;
        until('US-4.begun');
      } else if (b) {
        fs.writeFileSync(beside('checking'), '');
        until('go');
      }
      `,
    );
    await workspace.commit('a stricter check');
    const run = startRun(workspace, '--workers', '2');
    await run.event('merge.completed', (event) => event.story_id === 'US-1');
    await workspace.write('../go', '');
    await run.event('context.completed', (event) => event.story_id === 'US-2');
    await workspace.write('../sent-back', '');
    await ended(run, 0);
    const types = run.events.map(({ type, story_id: story }) => `${story ?? ''} ${type}`);
    assert.ok(types.indexOf('US-4 story.started') < types.indexOf('US-2 context.completed'), types.join('\n'));
    assert.ok(types.indexOf('US-2 context.refreshed') < types.indexOf('US-5 story.started'), types.join('\n'));
  });

  it('are checked once, and where it counts, when others were finished before they were checked', async () => {
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [[beginBeside('US-1'), untilBegun('US-2'), write('a.txt', 'a')]] },
      { id: 'US-2', attempts: [[beginBeside('US-2'), untilDone('US-1'), write('b.txt', 'b')]] },
    ]);
    const run = startRun(workspace, '--workers', '2');
    await ended(run, 0);
    assert.equal(ofStory(run, 'gate.completed', 'US-2').length, 1);
    const [made] = ofStory(run, 'commit.created', 'US-2');
    const [before] = ofStory(run, 'commit.created', 'US-1');
    assert.equal(made?.data['parent'], before?.data['commit_hash']);
    const proof = ofStory(run, 'criterion.completed', 'US-2').map(({ data }) => (data['proof'] as Proof).commit);
    assert.deepEqual(proof, [made?.data['commit_hash']], 'the proof names the commit that was checked');
  });

  it('that contradict each other go back to the agent with both sides, and markers that are left do not pass', async () => {
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [[beginBeside('US-1'), untilBegun('US-2'), write('shared.txt', 'of US-1\n')]] },
      {
        id: 'US-2',
        attempts: [
          [
            beginBeside('US-2'),
            untilBegun('US-1'),
            untilDone('US-1'),
            write('shared.txt', 'of US-2\n'),
            write('own.txt', 'x'),
          ],
          [{ do: 'shell', command: 'cat shared.txt' }, write('more.txt', 'x')],
          [write('shared.txt', 'of US-1\nof US-2\n')],
        ],
      },
    ]);
    const run = startRun(workspace, '--workers', '2');
    await ended(run, 0);
    assert.deepEqual(ofStory(run, 'merge.conflicted', 'US-2')[0]?.data['files'], ['shared.txt']);
    const ends = ofStory(run, 'context.completed', 'US-2').map(({ data }) => data['reason'] ?? data['success']);
    assert.deepEqual(ends, ['merge-conflict', 'gate-failed', true]);
    const feedback = String(ofStory(run, 'context.refreshed', 'US-2')[0]?.data['feedback']);
    assert.match(feedback, /US-1: Story US-1/);
    assert.match(feedback, /shared\.txt/);
    const runId = run.events[0]?.run_id ?? '';
    const second = await workspace.git('show', `refs/storyloop/${runId}/US-2/2:shared.txt`);
    assert.match(second, /^<<<<<<< .+\nof US-1\n=======\nof US-2\n>>>>>>> /, 'the second attempt was given both sides');
    assert.match(
      String(ofStory(run, 'context.completed', 'US-2')[1]?.data['message']),
      /markers are left in shared\.txt/,
    );
    assert.equal(await workspace.git('show', 'ralph/sample:shared.txt'), 'of US-1\nof US-2');
    assert.equal(await workspace.git('grep', '-c', '-e', '<<<<<<<', 'ralph/sample').catch(() => 'none'), 'none');
  });

  it('all end their attempt before a pause takes effect, which is said once, and all go on after it', async () => {
    const held = (id: string) => ({ id, attempts: [[beginBeside(id), waitFor('go'), write(`${id}.txt`, id)]] });
    await using workspace = await Workspace.withStories([held('US-1'), held('US-2'), { id: 'US-3' }]);
    const run = startRun(workspace, '--workers', '2');
    for (const story of ['US-1', 'US-2']) await run.event('command.started', (event) => event.story_id === story);
    assert.equal((await storyloop(workspace, 'pause')).exitCode, 0);
    await run.event('pause.requested');
    await workspace.write('../go', '');
    await run.event('prd.paused');
    const before = run.events.map(({ type, story_id: story }) => `${type} ${story ?? ''}`);
    assert.ok(before.includes('story.completed US-1') && before.includes('story.completed US-2'), before.join('\n'));
    assert.ok(!before.includes('story.started US-3'), before.join('\n'));
    assert.equal((await storyloop(workspace, 'resume')).exitCode, 0);
    await ended(run, 0);
    assert.equal(run.events.filter((event) => event.type === 'prd.paused').length, 1);
    assert.equal(run.events.filter((event) => event.type === 'prd.resumed').length, 1);
  });

  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    it(`are all saved when the run ends with ${signal}, and all go on when it is resumed`, async () => {
      const stories = ['US-1', 'US-2', 'US-3'];
      await using workspace = await Workspace.withStories(
        stories.map((id) => ({
          id,
          attempts: [[write('half.txt', id), beginBeside(id), waitFor('go')], [write(`${id}.txt`, id)]],
        })),
      );
      const run = startRun(workspace, '--workers', '3');
      for (const story of stories) await fileAppears(`${workspace.folder}/${story}.begun`);
      run.kill(signal);
      await run.ended();
      const resumed = startRun(workspace, '--resume', '--workers', '3');
      await ended(resumed, 0);
      assert.deepEqual((await workspace.committedStories('ralph/sample')).sort(), stories);
      const runId = run.events[0]?.run_id ?? '';
      for (const story of stories) {
        assert.equal(await workspace.git('show', `refs/storyloop/${runId}/${story}/1:half.txt`), story);
      }
      assert.deepEqual(
        await workspace.git('worktree', 'list', '--porcelain').then((list) => list.match(/^worktree /gm)?.length),
        1,
      );
    });
  }
});
