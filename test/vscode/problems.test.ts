import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { discoverySchema } from '../../src/session/discovery.js';
import { openStoryloop, packedExtension } from '../rig/vscode/storyloopWindow.js';
import { until } from '../rig/waiting.js';
import { prdText, storyText } from '../rig/prdText.js';
import { Workspace } from '../rig/workspace.js';

/** What is wrong with the PRD file, and what a notification says when a run is to start all the same. */
const prdProblems: [name: string, text: string, says: RegExp][] = [
  ['broken JSON', '{\n  "userStories": [\n', /prd\.json, line \d+: /],
  ['duplicate ids', prdText(storyText('US-1'), storyText('US-1')), /prd\.json, line \d+: .*US-1/],
  ['an unknown dependency', prdText(storyText('US-1', { dependsOn: ['US-9'] })), /prd\.json, line \d+: .*US-9/],
  [
    'a cycle',
    prdText(storyText('US-1', { dependsOn: ['US-2'] }), storyText('US-2', { dependsOn: ['US-1'] })),
    /US-1 → US-2 → US-1/,
  ],
];

describe('VS Code says what is wrong and what to do, and nothing is lost', () => {
  before(packedExtension);

  it('with the PRD and with the repository', async () => {
    await using workspace = await Workspace.withStories([{ id: 'US-1' }]);
    const fine = await workspace.read('prd.json');
    // Who commits is what the repository says, not what this machine says.
    const env = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null', EMAIL: '' };
    await using window = await openStoryloop(workspace, {}, env);
    const { workbench } = window;
    const says = async (text: RegExp): Promise<void> => {
      await workbench.page.locator('.notifications-toasts').getByText(text).first().waitFor();
      await workbench.runCommand('Notifications: Clear All Notifications');
    };
    const viewSays = (text: RegExp): Promise<void> =>
      workbench.page.locator('.part.sidebar').getByText(text).first().waitFor();
    const start = (): Promise<void> => workbench.runCommand('Storyloop: Start PRD run');
    await workbench.openView('Storyloop');

    for (const [, text, message] of prdProblems) {
      await workspace.write('prd.json', text);
      await viewSays(/The PRD cannot be read as it is/);
      await start();
      await says(message);
      await workspace.write('prd.json', fine);
      await workbench.treeRow('US-1').first().waitFor();
    }

    await rm(path.join(workspace.root, 'prd.json'));
    await viewSays(/There is no PRD in this workspace/);
    await workspace.write('prd.json', fine);
    await workbench.treeRow('US-1').first().waitFor();

    await workspace.git('config', '--unset', 'user.name');
    await start();
    await says(/git config/);
    await workspace.git('config', 'user.name', 'Ada Tester');

    await rm(path.join(workspace.root, '.git'), { recursive: true });
    await start();
    await says(/git init/);
    await workspace.git('init', '--quiet');
    await start();
    await says(/no commit/);
    assert.equal(await workspace.read('prd.json'), fine);
    assert.equal(await workspace.git('for-each-ref'), '');
  });

  it('with an agent that is not installed', async () => {
    await using workspace = await Workspace.withStories([{ id: 'US-1' }]);
    const settings = { 'storyloop.agent': 'command', 'storyloop.agents.command.argv': ['no-such-agent'] };
    await using window = await openStoryloop(workspace, settings);
    await window.workbench.openView('Storyloop');
    await window.workbench.runCommand('Storyloop: Start PRD run');
    await window.workbench.page
      .locator('.notifications-toasts')
      .getByText(/no-such-agent/)
      .first()
      .waitFor();
    assert.equal(await workspace.git('for-each-ref', 'refs/storyloop'), '');
  });

  it('with the port: it takes another one, and the discovery file tells which', async () => {
    await using workspace = await Workspace.withStories([{ id: 'US-1' }]);
    const squatter = createServer().listen(0, '127.0.0.1');
    try {
      const address = await until('the squatter', () => squatter.address() ?? undefined);
      assert.ok(typeof address === 'object');
      await using window = await openStoryloop(workspace, { 'storyloop.hub.port': address.port });
      await window.workbench.openView('Storyloop');
      const file = path.join(workspace.home, 'hub', 'hub.json');
      const text = await until('the hub', () => readFile(file, 'utf8').catch(() => undefined));
      assert.notEqual(discoverySchema.parse(JSON.parse(text)).port, address.port);
    } finally {
      squatter.close();
    }
  });
});
