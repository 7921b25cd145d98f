import assert from 'node:assert/strict';
import { readDiscovery } from '../../src/session/discovery.js';
import { UserPaths } from '../../src/session/paths.js';
import { openStoryloop, packedExtension } from '../rig/vscode/storyloopWindow.js';
import { until } from '../rig/waiting.js';
import { Workspace } from '../rig/workspace.js';

describe('The dashboard of a window', () => {
  before(packedExtension);

  // VS Code runs on a server here, whose proxy would lead the browser astray: the command gives the hub's own link.
  it('opens in the browser with the link of the command, and shows the run that the window starts', async () => {
    await using workspace = await Workspace.withStories([{ id: 'US-1' }]);
    await using window = await openStoryloop(workspace);
    const { workbench } = window;
    const { page } = workbench;
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await workbench.runCommand('Storyloop: Open dashboard in browser');
    await workbench.notificationButton('Copy link');
    const link = await until('the link', async () => {
      const text = await page.evaluate<string>('navigator.clipboard.readText()');
      return /ticket=/.test(text) && text;
    });
    const browser = await page.context().browser()?.newPage();
    assert.ok(browser);
    await browser.goto(link);
    await browser.getByText('No runs yet').waitFor();
    const hub = await readDiscovery(new UserPaths(workspace.home));
    assert.equal(browser.url(), `http://127.0.0.1:${hub?.port}/`);
    await page.bringToFront();
    await window.startRun();
    await browser.getByRole('status').getByText('Completed. 1 of 1 stories done').waitFor({ timeout: 60_000 });
  });
});
