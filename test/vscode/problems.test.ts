import assert from 'node:assert/strict';
import { readFile, rename, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { discoverySchema } from '../../src/session/discovery.js';
import { openStoryloop, type StoryloopWindow } from '../rig/vscode/storyloopWindow.js';
import { until } from '../rig/waiting.js';
import { prdText, storyText } from '../rig/prdText.js';
import { Workspace } from '../rig/workspace.js';

const ownPage = 'http://127.0.0.1:3000';

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
  // One window for all: each test leaves the repository as it found it.
  let workspace: Workspace;
  let window: StoryloopWindow;
  let squatter: Server;
  let port: number;
  let fine: string;

  before(async () => {
    squatter = createServer().listen(0, '127.0.0.1');
    const address = await until('the squatter', () => squatter.address() ?? undefined);
    assert.ok(typeof address === 'object');
    port = address.port;
    workspace = await Workspace.withStories([{ id: 'US-1' }]);
    fine = await workspace.read('prd.json');
    const settings = {
      'storyloop.hub.port': port,
      'storyloop.hub.maxConnections': 0,
      'storyloop.hub.allowedOrigins': [ownPage],
      'storyloop.hub.allowTokenlessClients': true,
      'storyloop.agent': 'command',
      'storyloop.agents.command.argv': ['no-such-agent'],
    };
    // Who commits is what the repository says, not what this machine says.
    const env = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null', EMAIL: '' };
    window = await openStoryloop(workspace, settings, env);
    await window.workbench.openView('Storyloop');
  });

  after(async () => {
    await window[Symbol.asyncDispose]();
    await workspace[Symbol.asyncDispose]();
    squatter.close();
  });

  const start = (): Promise<void> => window.workbench.runCommand('Storyloop: Start PRD run');
  const says = async (text: RegExp): Promise<void> => {
    await window.workbench.page.locator('.notifications-toasts').getByText(text).first().waitFor();
    await window.workbench.runCommand('Notifications: Clear All Notifications');
  };
  const viewSays = (text: RegExp): Promise<void> =>
    window.workbench.page.locator('.part.sidebar').getByText(text).first().waitFor();
  const restorePrd = async (): Promise<void> => {
    await workspace.write('prd.json', fine);
    await window.workbench.treeRow('US-1').first().waitFor();
  };

  const hubPort = async (): Promise<number> => {
    const file = path.join(workspace.home, 'hub', 'hub.json');
    const text = await until('the hub', () => readFile(file, 'utf8').catch(() => undefined));
    return discoverySchema.parse(JSON.parse(text)).port;
  };

  // First: a warning does not stay for ever.
  it('with the settings of the hub: those that are right hold, a wrong one is named, tokenless clients are warned of', async () => {
    await says(/every program on this machine may read all events and publish, without a token/);
    const state = `http://127.0.0.1:${await hubPort()}/api/state`;
    assert.equal((await fetch(state)).status, 200);
    const preflight = { method: 'OPTIONS', headers: { Origin: ownPage, 'Access-Control-Request-Method': 'GET' } };
    assert.equal((await fetch(state, preflight)).headers.get('access-control-allow-origin'), ownPage);
    await window.workbench.runCommand('Storyloop: Show log');
    const log = window.workbench.page.locator('.part.panel .view-line');
    await log
      .getByText(/storyloop\.hub\.maxConnections/)
      .first()
      .waitFor();
  });

  it('with the port: it takes another one, and the discovery file tells which', async () => {
    assert.notEqual(await hubPort(), port);
  });

  for (const [problem, text, message] of prdProblems) {
    it(`with the PRD: ${problem}`, async () => {
      await workspace.write('prd.json', text);
      await viewSays(/The PRD cannot be read as it is/);
      await start();
      await says(message);
      assert.equal(await workspace.read('prd.json'), text);
      await restorePrd();
    });
  }

  it('without a PRD', async () => {
    await rm(path.join(workspace.root, 'prd.json'));
    await viewSays(/There is no PRD in this workspace/);
    await restorePrd();
  });

  it('with an agent that is not installed', async () => {
    await start();
    await says(/no-such-agent/);
  });

  it('with the repository: no identity, no repository, no commit', async () => {
    await workspace.git('config', '--unset', 'user.name');
    await start();
    await says(/git config/);
    await workspace.git('config', 'user.name', 'Ada Tester');

    const kept = path.join(workspace.home, 'kept.git');
    await rename(path.join(workspace.root, '.git'), kept);
    await start();
    await says(/git init/);
    await workspace.git('init', '--quiet');
    await start();
    await says(/no commit/);
    await rm(path.join(workspace.root, '.git'), { recursive: true });
    await rename(kept, path.join(workspace.root, '.git'));
  });

  it('and started nothing', async () => {
    assert.equal(await workspace.git('for-each-ref', 'refs/storyloop'), '');
    assert.equal(await workspace.read('prd.json'), fine);
  });
});
