import assert from 'node:assert/strict';
import { cp, rename } from 'node:fs/promises';
import path from 'node:path';
import type { RunSnapshot } from '../../src/state/snapshot.js';
import { storyloop } from '../rig/commandLine.js';
import { processesOfTest } from '../rig/leakCheck.js';
import { installedExtension, openStoryloop } from '../rig/vscode/storyloopWindow.js';
import { until } from '../rig/waiting.js';
import { waitingStory } from '../rig/waitingStory.js';
import { Workspace } from '../rig/workspace.js';

describe('A run in VS Code', () => {
  it('obeys status bar, command line, tree and dashboard alike, says when it waits for its agent and does not wait when told so, leaves a file that is being edited alone, and goes on without its terminal and without the extension’s folder', async () => {
    const [one, two, three] = [
      waitingStory('US-1', 'US-1'),
      waitingStory('US-2', 'US-2'),
      waitingStory('US-3', 'US-3'),
    ];
    const limit = { do: 'limit', reason: 'agent-rate-limited', forMs: 3_600_000 } as const;
    const limited = { ...three, attempts: [[limit], ...(three.attempts ?? [])] };
    await using workspace = await Workspace.withStories([one, two, limited]);
    const extensions = path.join(workspace.root, '..', 'extensions');
    await cp(installedExtension(), extensions, { recursive: true });
    const settings = { 'storyloop.run.onTerminalClose': 'continue', 'files.autoSave': 'off' };
    await using window = await openStoryloop(workspace, settings, {}, extensions);
    const { workbench } = window;
    const { page } = workbench;
    const coordinators = (): string[] =>
      processesOfTest()
        .filter(({ command }) => command.includes('--ticket'))
        .map(({ pid }) => String(pid));
    await window.startRun();
    await workbench.treeRow(/US-1.*running/).waitFor();

    await workbench.statusBarItem('PRD 0/3').click();
    await workbench.pickQuickInput('Pause');
    await workbench.statusBarItem('PRD 0/3 pause requested').waitFor();
    await workspace.write('../US-1', '');
    await workbench.statusBarItem('PRD 1/3 paused').waitFor();
    assert.equal((await storyloop(workspace, 'resume')).exitCode, 0);
    await workbench.treeRow(/US-2.*running/).waitFor();

    await page.keyboard.press('Control+P');
    await workbench.quickInput.fill('prd.json');
    await workbench.pickQuickInput('prd.json');
    await page.locator('.editor-instance .monaco-editor .view-line').first().click();
    await page.keyboard.press('Control+End');
    await page.keyboard.press('Enter');
    await page.locator('.tab.dirty').waitFor();
    const before = await workspace.read('prd.json');
    await until('the run to hold', async () => (await window.hubState()).runs[0]?.heldBy === 'VS Code');
    await workspace.write('../US-2', '');
    await workbench.statusBarItem('PRD 2/3').waitFor();
    await page
      .locator('.part.sidebar')
      .getByText(/US-2: done, but not marked so in prd\.json yet/)
      .waitFor();
    assert.equal(await workspace.read('prd.json'), before);
    await page.keyboard.press('Control+S');
    await until('the status to be written', async () => {
      const text = await workspace.read('prd.json');
      return text.match(/"passes": true/g)?.length === 2 && text.endsWith('\n\n');
    });
    await page.locator('.tab.dirty').waitFor({ state: 'detached' });
    assert.doesNotMatch((await workbench.notificationTexts()).join(), /newer|overwrite/i, 'no conflict');

    await workbench.statusBarItem('PRD 2/3 waits until').waitFor();
    const limitNote = /The limit of scripted is reached.*goes on by itself at \d\d:\d\d/;
    await page.locator('.part.sidebar').getByText(limitNote).waitFor();
    await window.dashboardText(limitNote);
    await page.locator('.part.sidebar').getByRole('button', { name: 'Resume PRD run' }).click();
    await workbench.treeRow(/US-3.*running/).waitFor();
    await page.locator('.part.sidebar').getByRole('button', { name: 'Stop PRD run' }).click();
    await workbench.statusBarItem('PRD 2/3 stopped').waitFor();
    await page.locator('.part.sidebar').getByText('Resume goes on where it was').waitFor();
    await window.dashboardText(/Stopped/);
    await workbench.webviewFrame().getByRole('button', { name: 'Resume' }).click();
    await workbench.treeRow(/US-3.*running/).waitFor();

    await until('the terminal of before to be closed', () => coordinators().length === 1);
    const running = coordinators();
    await workbench.runCommand('Terminal: Kill All Terminals');
    await until('the terminals to be closed', async () => (await workbench.terminalNames()).length === 0);
    await workbench.reload();
    await workbench.openView('Storyloop');
    await workbench.treeRow(/US-3.*running/).waitFor();
    assert.deepEqual(coordinators(), running);
    await rename(extensions, `${extensions}.gone`);
    await workbench.runCommand('Storyloop: Pause PRD run');
    await workbench.statusBarItem('PRD 2/3 pause requested').waitFor();
    await workbench.runCommand('Storyloop: Resume PRD run');
    await workbench.statusBarItem('PRD 2/3 pause requested').waitFor({ state: 'detached' });
    await workspace.write('../US-3', '');
    await until('the run to be over', () => coordinators().length === 0);
    assert.deepEqual(await workspace.committedStories('ralph/sample'), ['US-1', 'US-2', 'US-3']);
    await rename(`${extensions}.gone`, extensions);

    await workbench.runCommand('Storyloop: Show run history');
    await workbench.pickQuickInput('Completed, 3/3 stories, ralph/sample');
    await window.dashboardText(/3\/3 stories/);
    const { runs } = JSON.parse((await storyloop(workspace, 'status', '--json')).stdout) as { runs: RunSnapshot[] };
    assert.deepEqual([runs.length, runs[0]?.status], [1, 'completed']);
  });
});
