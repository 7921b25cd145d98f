import assert from 'node:assert/strict';
import type { HubSnapshot } from '../../src/state/snapshot.js';
import { storyloop } from '../rig/commandLine.js';
import { openStoryloop, packedExtension } from '../rig/vscode/storyloopWindow.js';
import { until } from '../rig/waiting.js';
import { Workspace } from '../rig/workspace.js';

describe('Storyloop in VS Code', () => {
  before(packedExtension);

  it('shows in tree, status bar, dashboard, hub and command line the fold of the journal, at several instants of one run', async () => {
    await using workspace = await Workspace.withStories([
      {
        id: 'US-1',
        criteria: ['All tests pass', 'It is there (verify: test -f one.txt)'],
        attempts: [
          [
            { do: 'wait-for', file: 'one' },
            { do: 'write', path: 'one.txt', content: '1' },
          ],
        ],
      },
      {
        id: 'US-2',
        attempts: [
          [{ do: 'write', path: 'broken', content: '' }],
          [
            { do: 'wait-for', file: 'two' },
            { do: 'write', path: 'two.txt', content: '2' },
          ],
        ],
      },
    ]);
    await using window = await openStoryloop(workspace);
    await window.startRun();
    const fold = async (): Promise<HubSnapshot> => {
      const state = await window.hubState();
      assert.deepEqual(state, JSON.parse((await storyloop(workspace, 'status', '--json')).stdout));
      return state;
    };

    await window.workbench.treeRow(/US-1.*running/).waitFor();
    await window.workbench.statusBarItem('PRD 0/2').waitFor();
    await window.dashboardText(/0\/2 stories/);
    assert.deepEqual(
      (await fold()).runs[0]?.stories.map(({ status }) => status),
      ['in_progress', 'open'],
    );

    await workspace.write('../one', '');
    await window.workbench.treeRow(/US-2.*running, attempt 2/).waitFor();
    await window.workbench.statusBarItem('PRD 1/2').waitFor();
    await window.workbench.treeRow(/US-1.*done, 2\/2/).waitFor();
    await window.dashboardText(/1\/2 stories/);
    assert.deepEqual(
      (await fold()).runs[0]?.stories.map(({ status }) => status),
      ['completed', 'in_progress'],
    );

    await workspace.write('../two', '');
    await window.workbench.statusBarItem('PRD 2/2').waitFor();
    await window.dashboardText(/2\/2 stories/);
    await until('the run to be over everywhere', async () => (await fold()).runs[0]?.counts.completed === 2);
  });
});
