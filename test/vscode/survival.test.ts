import assert from 'node:assert/strict';
import { processesOfTest } from '../rig/leakCheck.js';
import type { HubSnapshot } from '../../src/state/snapshot.js';
import { storyloop } from '../rig/commandLine.js';
import { openStoryloop, packedExtension } from '../rig/vscode/storyloopWindow.js';
import { until } from '../rig/waiting.js';
import { waitingStory } from '../rig/waitingStory.js';
import { Workspace } from '../rig/workspace.js';

describe('A run in VS Code', () => {
  before(packedExtension);

  it('goes on when the page is reloaded in the middle of a story, leaves its branch alone once it is checked out, and is resumed when its coordinator was killed', async () => {
    await using workspace = await Workspace.withStories([
      { id: 'US-1' },
      waitingStory('US-2', 'two'),
      waitingStory('US-3', 'three'),
    ]);
    await using window = await openStoryloop(workspace);
    const { workbench } = window;
    const coordinators = (): { pid: number }[] =>
      processesOfTest().filter(({ command }) => command.includes('--ticket'));
    await window.startRun();
    await workbench.treeRow(/US-2.*running/).waitFor();
    const [before] = coordinators();
    assert.ok(before);
    await workspace.git('checkout', '--quiet', 'ralph/sample');
    const checkout = await workspace.fingerprint();

    await workbench.reload();
    await workbench.openView('Storyloop');
    await workbench.treeRow(/US-2.*running/).waitFor();
    await workbench.statusBarItem('PRD 1/3').waitFor();
    assert.deepEqual(
      coordinators().map(({ pid }) => pid),
      [before.pid],
    );
    await until('its terminal to be back', async () => (await workbench.terminalNames()).length > 0);
    assert.equal((await workbench.terminalNames()).length, 1);
    await workspace.write('../two', '');
    await workbench.statusBarItem('PRD 2/3').waitFor();

    await workbench.treeRow(/US-3.*running/).waitFor();
    await window.dashboardText(/Running/);
    process.kill(before.pid, 'SIGKILL');
    await workbench.statusBarItem('PRD 2/3 interrupted').waitFor();
    await workbench.treeRow(/US-3.*interrupted/).waitFor();
    await window.dashboardText(/^Interrupted$/);
    const [run] = (JSON.parse((await storyloop(workspace, 'status', '--json')).stdout) as HubSnapshot).runs;
    assert.equal(run?.status, 'running', 'the journal knows nothing of it');
    assert.deepEqual((await window.hubState()).interrupted, [run.id]);
    assert.match((await storyloop(workspace, 'status')).stdout, /interrupted/);
    await workspace.write('../three', '');
    await workbench.runCommand('Storyloop: Resume PRD run');
    await workbench.statusBarItem('PRD 3/3').waitFor();
    const tip = await workspace.git('for-each-ref', '--format=%(refname)', 'refs/storyloop/*/tip');
    assert.deepEqual(await workspace.committedStories(tip), ['US-1', 'US-2', 'US-3']);
    assert.deepEqual(await workspace.committedStories('ralph/sample'), ['US-1']);
    assert.deepEqual(await workspace.fingerprint(), checkout);
  });
});
