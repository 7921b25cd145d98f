import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { openStoryloop, packedExtension } from '../rig/vscode/storyloopWindow.js';
import { Workspace } from '../rig/workspace.js';

describe('Storyloop in VS Code', () => {
  before(packedExtension);

  it('starts nothing, listens to nothing and writes nothing in an untrusted workspace, and works once it is trusted', async () => {
    await using workspace = await Workspace.withStories([{ id: 'US-1' }]);
    const status = await workspace.git('status', '--porcelain');
    await using window = await openStoryloop(workspace, {
      'security.workspace.trust.enabled': true,
      'security.workspace.trust.startupPrompt': 'never',
    });
    await window.workbench.openView('Storyloop');
    await window.workbench.page
      .getByText(/Restricted Mode/)
      .first()
      .waitFor();
    await assert.rejects(readFile(path.join(workspace.home, 'hub', 'hub.json')), 'no hub');
    assert.equal(await workspace.git('for-each-ref', 'refs/storyloop'), '');
    assert.equal(await workspace.git('status', '--porcelain'), status);
    await window.trust();
    await window.startRun();
    await window.workbench.statusBarItem('PRD 1/1').waitFor();
    assert.deepEqual(await workspace.committedStories('ralph/sample'), ['US-1']);
  });
});
