import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { HubSnapshot } from '../../src/state/snapshot.js';
import { storyloop } from '../rig/commandLine.js';
import { openStoryloop } from '../rig/vscode/storyloopWindow.js';
import { until } from '../rig/waiting.js';
import { waitingStory } from '../rig/waitingStory.js';
import { Workspace } from '../rig/workspace.js';

describe('Storyloop in VS Code', () => {
  it('starts nothing, listens to nothing and writes nothing in an untrusted workspace; once it is trusted, tree, status bar, dashboard, browser, hub and command line show the fold of the journal, at several instants of one run', async () => {
    await using workspace = await Workspace.withStories([
      { ...waitingStory('US-1', 'one'), criteria: ['All tests pass', 'It is there (verify: test -f one.txt)'] },
      {
        id: 'US-2',
        attempts: [[{ do: 'write', path: 'broken', content: '' }], ...(waitingStory('US-2', 'two').attempts ?? [])],
      },
    ]);
    const status = await workspace.git('status', '--porcelain');
    await using window = await openStoryloop(workspace, {
      'security.workspace.trust.enabled': true,
      'security.workspace.trust.startupPrompt': 'never',
    });
    const { workbench } = window;
    await workbench.openView('Storyloop');
    await workbench.page
      .getByText(/Restricted Mode/)
      .first()
      .waitFor();
    await assert.rejects(readFile(path.join(workspace.home, 'hub', 'hub.json')), 'no hub');
    assert.equal(await workspace.git('for-each-ref', 'refs/storyloop'), '');
    assert.equal(await workspace.git('status', '--porcelain'), status);

    await window.trust();
    const browser = await window.openInBrowser();
    await window.startRun();
    const fold = async (): Promise<HubSnapshot> => {
      const state = await window.hubState();
      assert.deepEqual(state, JSON.parse((await storyloop(workspace, 'status', '--json')).stdout));
      return state;
    };

    await workbench.treeRow(/US-1.*running/).waitFor();
    await workbench.statusBarItem('PRD 0/2').waitFor();
    await window.dashboardText(/0\/2 stories/);
    await browser
      .getByText(/0\/2 stories/)
      .first()
      .waitFor();
    assert.deepEqual(
      (await fold()).runs[0]?.stories.map((story) => story.status),
      ['in_progress', 'open'],
    );

    await workspace.write('../one', '');
    await workbench.treeRow(/US-2.*running, attempt 2/).waitFor();
    await workbench.statusBarItem('PRD 1/2').waitFor();
    await workbench.treeRow(/US-1.*done, 2\/2/).waitFor();
    await window.dashboardText(/1\/2 stories/);
    await browser
      .getByText(/1\/2 stories/)
      .first()
      .waitFor();
    assert.deepEqual(
      (await fold()).runs[0]?.stories.map((story) => story.status),
      ['completed', 'in_progress'],
    );

    await workspace.write('../two', '');
    await workbench.statusBarItem('PRD 2/2').waitFor();
    await window.dashboardText(/2\/2 stories/);
    await browser.getByRole('status').getByText('Completed. 2 of 2 stories done').waitFor();
    await until('the run to be over everywhere', async () => (await fold()).runs[0]?.counts.completed === 2);
    assert.deepEqual(await workspace.committedStories('ralph/sample'), ['US-1', 'US-2']);
  });
});
