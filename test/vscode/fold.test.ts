import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { discoverySchema } from '../../src/session/discovery.js';
import { storyloop } from '../rig/commandLine.js';
import { openStoryloop, packedExtension } from '../rig/vscode/storyloopWindow.js';
import { until } from '../rig/waiting.js';
import { Workspace } from '../rig/workspace.js';

/** Whether a process executes the run is no part of its journal. */
function withoutLiveness(run: object): object {
  const fold: Record<string, unknown> = { ...run };
  delete fold['interrupted'];
  return fold;
}

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
    const fold = async (): Promise<{
      runs: { stories: { id: string; status: string }[]; counts: { proved: number; completed: number } }[];
    }> => {
      const discovery = discoverySchema.parse(
        JSON.parse(await readFile(path.join(workspace.home, 'hub', 'hub.json'), 'utf8')),
      );
      const answer = await fetch(`http://127.0.0.1:${discovery.port}/api/state`, {
        headers: { authorization: `Bearer ${discovery.token}` },
      });
      const { state } = (await answer.json()) as { state: { runs: object[] } };
      const { runs } = JSON.parse((await storyloop(workspace, 'status', '--json')).stdout) as { runs: object[] };
      assert.deepEqual(state.runs, runs.map(withoutLiveness));
      return { runs } as Awaited<ReturnType<typeof fold>>;
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
