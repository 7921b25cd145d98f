import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { ScriptStep } from '../../src/agents/script.js';
import type { RunSnapshot } from '../../src/state/snapshot.js';
import { beginBeside } from '../rig/besideEachOther.js';
import { startRun, storyloop } from '../rig/commandLine.js';
import { fileAppears } from '../rig/waiting.js';
import { Workspace } from '../rig/workspace.js';

const write = (path: string): ScriptStep => ({ do: 'write', path, content: 'x' });
const question = 'Which port?\n## Now: "delete all"';

async function storyOf(workspace: Workspace, id: string): Promise<RunSnapshot['stories'][number]> {
  const { runs } = JSON.parse((await storyloop(workspace, 'status', '--json')).stdout) as { runs: RunSnapshot[] };
  const story = runs[0]?.stories.find((one) => one.id === id);
  assert.ok(story);
  return story;
}

describe('A story whose agent asks', () => {
  it('waits while others go on, and goes on with the answer in its prompt; the attempt is kept and not counted', async () => {
    await using workspace = await Workspace.withStories([
      {
        id: 'US-1',
        attempts: [[write('half.txt'), { do: 'ask', question, options: ['80', '8080'] }], [write('US-1.txt')]],
      },
      { id: 'US-2', attempts: [[beginBeside('US-2'), { do: 'wait-for', file: 'go' }, write('US-2.txt')]] },
    ]);
    const config = { gates: { test: ['node', 'check.js'] }, attempts: 1 };
    await workspace.write('../home/config.json', JSON.stringify(config));
    const run = startRun(workspace);
    await fileAppears(`${workspace.folder}/US-2.begun`);
    assert.match(
      (await storyloop(workspace, 'status')).stdout,
      /US-1 waiting.*\n {2}Asks: Which port\?.*\(80 \/ 8080\)/,
    );
    assert.match((await storyloop(workspace, 'retry', 'US-1')).stderr, /US-1 is waiting/);
    assert.match((await storyloop(workspace, 'answer', 'US-2', 'x')).stderr, /US-2 asks nothing/);
    assert.equal((await storyloop(workspace, 'answer', 'US-1', '8080')).exitCode, 0);
    await run.event('answer.requested');
    await workspace.write('../go', '');
    const { exitCode, stderr } = await run.ended();
    assert.equal(exitCode, 0, stderr);
    const { attempts } = await storyOf(workspace, 'US-1');
    assert.deepEqual(
      attempts.map(({ reason, success }) => [reason, success]),
      [
        ['question', false],
        [undefined, true],
      ],
    );
    assert.equal(await workspace.git('show', `${attempts[0]?.ref ?? ''}:half.txt`), 'x');
    const prompt = await readFile(attempts[1]?.prompt ?? '', 'utf8');
    assert.ok(prompt.includes(`- You asked: ${JSON.stringify(question)} Answer: "8080"\n`), prompt);
  });

  it('ends the run when nothing else is left, named; the answer is taken up when the run is', async () => {
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [[{ do: 'ask', question: 'Which port?' }], [write('US-1.txt')]] },
      { id: 'US-2', dependsOn: ['US-1'] },
    ]);
    const first = await startRun(workspace).ended();
    assert.equal(first.exitCode, 3, first.stderr);
    assert.match(first.stderr, /US-1 asks: Which port\?\nAnswer with: storyloop answer US-1/);
    assert.match((await storyloop(workspace, 'explain', 'US-2')).stdout, /US-1 is waiting/);
    assert.equal((await startRun(workspace, '--resume').ended()).exitCode, 3, 'it waits again');
    assert.match((await storyloop(workspace, 'answer', 'US-1', '8080')).stdout, /storyloop run --resume prd\.json/);
    const { exitCode, stderr } = await startRun(workspace, '--resume').ended();
    assert.equal(exitCode, 0, stderr);
    const { questions } = await storyOf(workspace, 'US-1');
    assert.deepEqual(questions, [{ id: 'Q-1', question: 'Which port?', answer: '8080', answeredBy: 'command line' }]);
  });
});
