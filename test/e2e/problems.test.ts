import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { CommandLine, startRun, storyloop } from '../rig/commandLine.js';
import { prdText, storyText } from '../rig/prdText.js';
import { Workspace } from '../rig/workspace.js';

/** What is wrong, made in a fine workspace; what the message must say; the exit code. */
const problems: [name: string, spoil: (workspace: Workspace) => Promise<unknown>, says: RegExp, exitCode: number][] = [
  ['no PRD', (workspace) => rm(path.join(workspace.root, 'prd.json')), /no PRD file prd\.json.*storyloop run/s, 2],
  [
    'broken JSON',
    (workspace) => workspace.write('prd.json', '{\n  "project": "x",\n  "userStories": [\n'),
    /prd\.json:\d+:\d+: error: /,
    2,
  ],
  [
    'duplicate ids',
    (workspace) => workspace.write('prd.json', prdText(storyText('US-1'), storyText('US-1'))),
    /prd\.json:\d+:\d+: error: .*US-1/,
    2,
  ],
  [
    'a cycle',
    (workspace) =>
      workspace.write(
        'prd.json',
        prdText(storyText('US-1', { dependsOn: ['US-2'] }), storyText('US-2', { dependsOn: ['US-1'] })),
      ),
    /US-1 → US-2 → US-1/,
    2,
  ],
  [
    'an unknown dependency',
    (workspace) => workspace.write('prd.json', prdText(storyText('US-1', { dependsOn: ['US-9'] }))),
    /prd\.json:\d+:\d+: error: .*US-9/,
    2,
  ],
  ['no git repository', (workspace) => rm(path.join(workspace.root, '.git'), { recursive: true }), /git init/, 6],
  [
    'no git identity',
    async (workspace) => {
      await workspace.git('config', '--unset', 'user.name');
      await workspace.git('config', '--unset', 'user.email');
    },
    /git config .*user\.name/s,
    6,
  ],
];

describe('storyloop run says what is wrong and what to do, and touches nothing, with', () => {
  for (const [name, spoil, says, exitCode] of problems) {
    it(name, async () => {
      await using workspace = await Workspace.withStories([{ id: 'US-1' }]);
      await spoil(workspace);
      // The machine's own identity must not stand in for a missing one.
      const env = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null', EMAIL: '' };
      const args = ['run', 'prd.json', '--script', workspace.script, '--yes', '--json'];
      const result = await new CommandLine(workspace, args, env).ended();
      assert.equal(result.exitCode, exitCode, result.stderr);
      assert.match(result.stderr, says);
      assert.equal(result.stdout, '');
    });
  }

  it('no commits', async () => {
    await using workspace = await Workspace.create();
    await workspace.write('prd.json', prdText(storyText('US-1')));
    const result = await startRun(workspace).ended();
    assert.equal(result.exitCode, 6);
    assert.match(result.stderr, /commit/);
  });

  it('an agent that is not installed', async () => {
    await using workspace = await Workspace.withStories([{ id: 'US-1' }]);
    await workspace.write(
      '../home/config.json',
      JSON.stringify({ agent: 'command', agents: { command: { argv: ['no-such-agent', '{prompt_file}'] } } }),
    );
    const result = await storyloop(workspace, 'run', 'prd.json', '--yes');
    assert.equal(result.exitCode, 6);
    assert.match(result.stderr, /no-such-agent/);
    assert.match((await storyloop(workspace, 'doctor', 'prd.json')).stdout, /missing .*no-such-agent/);
  });

  it('an unknown option or a wrong value', async () => {
    await using workspace = await Workspace.withStories([{ id: 'US-1' }]);
    assert.equal((await storyloop(workspace, 'run', 'prd.json', '--frsh')).exitCode, 2);
    await workspace.write('../home/config.json', JSON.stringify({ attempts: 'three' }));
    const result = await storyloop(workspace, 'run', 'prd.json');
    assert.equal(result.exitCode, 2);
    assert.match(result.stderr, /config\.json.*attempts/);
  });
});
