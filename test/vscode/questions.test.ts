import assert from 'node:assert/strict';
import { openStoryloop } from '../rig/vscode/storyloopWindow.js';
import { until } from '../rig/waiting.js';
import { Workspace } from '../rig/workspace.js';

describe('A question of an agent, in the dashboard in VS Code', () => {
  it('is answered there after the run has stopped for it; what was written survives a look at another tab', async () => {
    const write = { do: 'write', path: 'port.txt', content: 'x' } as const;
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [[{ do: 'ask', question: 'Which port?', options: ['80', '8080'] }], [write]] },
    ]);
    await using window = await openStoryloop(workspace, { 'storyloop.notifications': 'none' });
    const { workbench } = window;
    await window.startRun();
    await workbench.statusBarItem('PRD 0/1 stopped').waitFor();
    await window.dashboardText(/Waiting for an answer/);
    const page = workbench.webviewFrame();
    await page.getByRole('textbox', { name: 'Your answer' }).fill('half an ans');
    await workbench.page.keyboard.press('Control+P');
    await workbench.quickInput.fill('prd.json');
    await workbench.pickQuickInput('prd.json');
    await workbench.page.locator('.editor-instance .monaco-editor .view-line').first().waitFor();
    await workbench.page
      .getByRole('tab', { name: /Storyloop/ })
      .last()
      .click();
    await until('what was written', async () => (await page.getByRole('textbox').inputValue()) === 'half an ans');
    await page.getByRole('button', { name: '8080' }).click();
    await page.getByRole('textbox').press('Control+Enter');
    await page.getByText('The answer is kept.').first().waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByText('Answer of VS Code').waitFor();
    await page.getByText('1/1 stories').waitFor();
    const [story] = (await window.hubState()).runs[0]?.stories ?? [];
    assert.equal(story?.questions?.[0]?.answer, '8080');
  });
});
