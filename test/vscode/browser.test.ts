import assert from 'node:assert/strict';
import { readDiscovery } from '../../src/session/discovery.js';
import { UserPaths } from '../../src/session/paths.js';
import { openStoryloop, packedExtension } from '../rig/vscode/storyloopWindow.js';
import { Workspace } from '../rig/workspace.js';

describe('The dashboard of a window', () => {
  before(packedExtension);

  it('opens in the browser from the Command Palette, and shows the run that the window starts', async () => {
    await using workspace = await Workspace.withStories([{ id: 'US-1' }]);
    await using window = await openStoryloop(workspace);
    const { page } = window.workbench;
    const opened = page.context().waitForEvent('page');
    await window.workbench.runCommand('Storyloop: Open dashboard in browser');
    const browser = await opened;
    await browser.getByText('No runs yet').waitFor();
    const hub = await readDiscovery(new UserPaths(workspace.home));
    assert.equal(browser.url(), `http://127.0.0.1:${hub?.port}/`);
    await window.startRun();
    await browser.getByRole('status').getByText('Completed. 1 of 1 stories done').waitFor({ timeout: 60_000 });
  });
});
