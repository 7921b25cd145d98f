import assert from 'node:assert/strict';
import type { HubSnapshot } from '../../src/state/snapshot.js';
import { CommandLine, storyloop } from '../rig/commandLine.js';
import { processesOfTest } from '../rig/leakCheck.js';
import { assertShowsAll } from '../rig/dashboardEvents.js';
import { assertToldAll, followBySocket, followByStream, logIdOf } from '../rig/hubFollowers.js';
import { hubOf } from '../rig/hubProcess.js';
import { killExtensionHost } from '../rig/vscode/killExtensionHost.js';
import { openStoryloop } from '../rig/vscode/storyloopWindow.js';
import { Workbench } from '../rig/vscode/workbench.js';
import { until } from '../rig/waiting.js';
import { waitingStory } from '../rig/waitingStory.js';
import { Workspace } from '../rig/workspace.js';

describe('Windows of VS Code', () => {
  it('share one hub, whatever repository is open, and take it over when its window is reloaded and when its extension host is killed; runs, windows and clients go on, and another window resumes a run whose coordinator was killed', async () => {
    await using mine = await Workspace.withStories(
      [{ id: 'US-1' }, waitingStory('US-2', 'two'), waitingStory('US-3', 'three')],
      'mine',
    );
    await using other = await Workspace.withStories([waitingStory('US-9', 'nine')], 'other');
    const { home } = mine;
    await using window = await openStoryloop(mine);
    const { server, workbench: first } = window;
    const { pid } = await hubOf(home);
    await using second = await Workbench.open(server, { folder: mine.root });
    await using third = await Workbench.open(server, { folder: other.root });
    const extensionHosts = (): number[] =>
      processesOfTest().flatMap((one) => (one.command.includes('type=extensionHost') ? [one.pid] : []));

    const browser = await window.openInBrowser();
    const args = ['run', 'prd.json', '--script', other.script, '--yes', '--json'];
    const elsewhere = new CommandLine(other, args, { STORYLOOP_HOME: home });
    await using follower = await followBySocket(home);
    await using streamFollower = await followByStream(home);
    const logId = await logIdOf(home);
    await window.startRun();
    for (const workbench of [first, second]) {
      await workbench.openView('Storyloop');
      await workbench.treeRow(/US-2.*running/).waitFor();
      assert.equal(await workbench.treeRow('US-9').count(), 0);
    }
    await third.openView('Storyloop');
    await third.treeRow(/US-9.*running/).waitFor();
    assert.equal(await third.treeRow('US-2').count(), 0);
    await third.runCommand('Storyloop: Open dashboard');
    await third.webviewFrame().getByText('US-9').first().waitFor();
    assert.equal((await hubOf(home)).pid, pid, 'one hub');
    assert.equal(extensionHosts().length, 3);
    const coordinators = (): number[] =>
      processesOfTest().flatMap((one) => (one.command.includes('--ticket') ? [one.pid] : []));
    const running = coordinators();
    assert.equal(running.length, 1);
    await mine.git('checkout', '--quiet', 'ralph/sample');
    const checkout = await mine.fingerprint();

    /** Another extension host becomes the hub, with the same log and token. */
    const handover = async (end: (pid: number) => unknown): Promise<void> => {
      const before = await hubOf(home);
      await end(before.pid);
      const after = await until('another hub', async () => {
        const hub = await hubOf(home);
        return hub.pid !== before.pid && hub;
      });
      assert.deepEqual([after.token, after.term, await logIdOf(home)], [before.token, before.term + 1, logId]);
    };
    const { port } = await hubOf(home);
    const onPort = (): Promise<unknown> => until('the port of before', async () => (await hubOf(home)).port === port);
    const killHub = async (): Promise<void> => {
      await handover(killExtensionHost);
      await onPort();
    };

    await handover(() => first.reload());
    await onPort();
    await first.openView('Storyloop');
    await first.treeRow(/US-2.*running/).waitFor();
    await first.statusBarItem('PRD 1/3').waitFor();
    await until('its terminal to be back', async () => (await first.terminalNames()).length > 0);
    assert.equal((await first.terminalNames()).length, 1);
    await killHub();
    await mine.write('../two', '');
    for (const workbench of [first, second]) {
      await workbench.statusBarItem('PRD 2/3').waitFor();
      await workbench.treeRow(/US-3.*running/).waitFor();
    }
    await until('the extension host to be back', () => extensionHosts().length === 3);
    await killHub();
    assert.deepEqual(coordinators(), running);
    await until('the extension host to be back', () => extensionHosts().length === 3);

    // A hub that hangs is outlawed once its heart is silent; woken up, it finds that out and goes on as a client.
    let hanging = 0;
    await handover((pid) => process.kill((hanging = pid), 'SIGSTOP'));
    process.kill(hanging, 'SIGCONT');
    await onPort();

    for (const pid of running) process.kill(pid, 'SIGKILL');
    for (const workbench of [first, second]) {
      await workbench.statusBarItem('PRD 2/3 interrupted').waitFor();
      await workbench.treeRow(/US-3.*interrupted/).waitFor();
    }
    await window.dashboardText(/^Interrupted$/);
    const { runs } = JSON.parse((await storyloop(mine, 'status', '--json')).stdout) as HubSnapshot;
    assert.deepEqual(
      runs.map(({ status }) => status),
      ['running'],
      'the journal knows nothing of it',
    );
    assert.deepEqual((await window.hubState()).interrupted, [runs[0]?.id]);
    assert.match((await storyloop(mine, 'status')).stdout, /interrupted/);
    await mine.write('../three', '');
    await other.write('../nine', '');
    await second.runCommand('Storyloop: Resume PRD run');
    for (const workbench of [first, second]) await workbench.statusBarItem('PRD 3/3').waitFor();
    await third.statusBarItem('PRD 1/1').waitFor();
    assert.equal((await elsewhere.ended()).exitCode, 0);
    const tip = await mine.git('for-each-ref', '--format=%(refname)', 'refs/storyloop/*/tip');
    assert.deepEqual(await mine.committedStories(tip), ['US-1', 'US-2', 'US-3']);
    assert.deepEqual(await mine.committedStories('ralph/sample'), ['US-1'], 'it was checked out meanwhile');
    assert.deepEqual(await mine.fingerprint(), checkout);
    for (const told of [follower, streamFollower]) {
      for (const runId of [runs[0]?.id, elsewhere.events[0]?.run_id]) await assertToldAll(home, told, runId ?? '');
    }
    await browser.getByRole('status').getByText('Completed. 3 of 3 stories done').waitFor();
    await assertShowsAll(browser, () => window.hubLog(runs[0]?.id ?? ''));
  });
});
