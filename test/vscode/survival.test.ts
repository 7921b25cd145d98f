import assert from 'node:assert/strict';
import { processesOfTest } from '../rig/leakCheck.js';
import { openStoryloop, packedExtension } from '../rig/vscode/storyloopWindow.js';
import { until } from '../rig/waiting.js';
import { Workspace, type PlannedStory } from '../rig/workspace.js';

const held: PlannedStory[] = [
  { id: 'US-1' },
  {
    id: 'US-2',
    attempts: [
      [
        { do: 'wait-for', file: 'go' },
        { do: 'write', path: 'two.txt', content: '2' },
      ],
    ],
  },
];

describe('A run in VS Code', () => {
  before(packedExtension);

  it('goes on in its terminal when the page is reloaded in the middle of a story: the same run, no second terminal', async () => {
    await using workspace = await Workspace.withStories(held);
    await using window = await openStoryloop(workspace);
    await window.startRun();
    await window.workbench.treeRow(/US-2.*running/).waitFor();
    const coordinator = (): { pid: number }[] =>
      processesOfTest().filter(({ command }) => command.includes('--ticket'));
    const [before] = coordinator();
    await window.workbench.reload();
    await window.workbench.openView('Storyloop');
    await window.workbench.treeRow(/US-2.*running/).waitFor();
    await window.workbench.statusBarItem('PRD 1/2').waitFor();
    assert.deepEqual(
      coordinator().map(({ pid }) => pid),
      [before?.pid],
    );
    await until('its terminal to be back', async () => (await window.workbench.terminalNames()).length > 0);
    assert.equal((await window.workbench.terminalNames()).length, 1);
    await workspace.write('../go', '');
    await window.workbench.statusBarItem('PRD 2/2').waitFor();
    assert.deepEqual(await workspace.committedStories('ralph/sample'), ['US-1', 'US-2']);
  });

  it('offers to resume a run whose coordinator was killed, and the resumed run finishes it', async () => {
    await using workspace = await Workspace.withStories(held);
    await using window = await openStoryloop(workspace);
    await window.startRun();
    await window.workbench.treeRow(/US-2.*running/).waitFor();
    const coordinator = processesOfTest().find(({ command }) => command.includes('--ticket'));
    assert.ok(coordinator);
    process.kill(coordinator.pid, 'SIGKILL');
    await window.workbench.statusBarItem('PRD 1/2 interrupted').waitFor();
    await workspace.write('../go', '');
    await window.workbench.runCommand('Storyloop: Resume PRD run');
    await window.workbench.statusBarItem('PRD 2/2').waitFor();
    assert.deepEqual(await workspace.committedStories('ralph/sample'), ['US-1', 'US-2']);
  });
});
