import { openStoryloop } from '../rig/vscode/storyloopWindow.js';
import { Workspace } from '../rig/workspace.js';

const RUNS = 5;

/** What VS Code itself says under "Developer: Show Running Extensions", milliseconds. */
async function activationTime(): Promise<number> {
  await using workspace = await Workspace.withStories([{ id: 'US-1' }]);
  await using window = await openStoryloop(workspace);
  await window.workbench.openView('Storyloop');
  await window.workbench.treeRow('US-1').first().waitFor();
  // The list draws only the rows that fit.
  await window.workbench.page.setViewportSize({ width: 1400, height: 4000 });
  await window.workbench.runCommand('Developer: Show Running Extensions');
  const row = window.workbench.page
    .locator('.runtime-extensions-editor .monaco-list-row')
    .filter({ hasText: 'Storyloop' });
  const text = await row.first().innerText();
  const time = /Activation: (\d+)\s*ms/.exec(text)?.[1];
  if (time === undefined) throw new Error(`No activation time in: ${text}`);
  return Number(time);
}

async function main(): Promise<void> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run += 1) times.push(await activationTime());
  times.sort((a, b) => a - b);
  console.log('Activation, as VS Code reports it');
  console.log(`  median of ${RUNS}            ${times[RUNS >> 1]} ms (to reach: < 50 ms); all: ${times.join(', ')} ms`);
}

void main();
