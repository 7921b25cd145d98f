import assert from 'node:assert/strict';
import { cli, startRun, storyloop } from '../rig/commandLine.js';
import { Workspace } from '../rig/workspace.js';

const test = `import test from 'node:test';
import assert from 'node:assert';
import it from './it.mjs';
test('has: it', () => assert.ok(it));
`;

describe('storyloop report', () => {
  it('claims a criterion from a shell; its test is run and proves it', async () => {
    const report = (args: string): string => `"${process.execPath}" "${cli}" report ${args}`;
    await using workspace = await Workspace.withStories([
      {
        id: 'US-1',
        criteria: ['All tests pass', 'It is there', 'Nobody can tell'],
        attempts: [
          [
            { do: 'write', path: 'it.mjs', content: 'export default true;\n' },
            { do: 'write', path: 'it.test.mjs', content: test },
            { do: 'shell', command: report('AC-2 --test "it.test.mjs:has: it"') },
            { do: 'shell', command: report('AC-3 --note "trust me"') },
            { do: 'shell', command: `${report('AC-7')}; test $? = 2` },
          ],
        ],
      },
    ]);
    await workspace.write(
      '.storyloop.json',
      JSON.stringify({ testCommand: ['node', '--test', '--test-name-pattern={name}', '{file}'] }),
    );
    await workspace.commit('configure');
    const run = startRun(workspace, '--proof', 'trusting');
    const result = await run.ended();
    assert.equal(result.exitCode, 0, result.stderr);
    const about = (type: string) =>
      run.events.flatMap((event) => (event.type === type ? [event.data['ac_index']] : []));
    assert.deepEqual(about('criterion.claimed'), [2, 3]);
    assert.deepEqual(about('criterion.completed'), [1, 2]);
  });

  it('says outside of an attempt that there is nobody to report to', async () => {
    await using workspace = await Workspace.create();
    const { exitCode, stderr } = await storyloop(workspace, 'report', 'AC-1');
    assert.equal(exitCode, 2);
    assert.match(stderr, /no attempt of a run/);
  });
});
