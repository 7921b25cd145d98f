import assert from 'node:assert/strict';
import path from 'node:path';
import { EventBus } from '../../../src/bus/eventBus.js';
import { RunLiveness } from '../../../src/hub/runLiveness.js';
import { silentLogger } from '../../../src/primitives/logger.js';
import { UserPaths } from '../../../src/session/paths.js';
import { emptyHub, foldHub } from '../../../src/state/hubState.js';
import { FakeClock } from '../../rig/fakeClock.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { until } from '../../rig/waiting.js';
import { HubRig, startJournal, type TestSocket } from './hubRig.js';

const started = { status: 'running', total_stories: 1 } as const;

async function interruptedIn(rig: HubRig): Promise<unknown> {
  const { state } = JSON.parse((await rig.http('/api/state')).body) as { state: { interrupted: unknown } };
  return state.interrupted;
}

/** What the hub told a client of it, oldest first. */
const told = (socket: TestSocket): unknown[] =>
  socket.frames.flatMap((frame) => {
    const event = frame['event'] as { type: string; data: { interrupted: unknown } } | undefined;
    return event?.type === 'hub.liveness' ? [event.data.interrupted] : [];
  });

describe('The hub', () => {
  const folder = useTemporaryFolder();

  it('tells that nobody executes a live run, to those who listen and to those who ask, until somebody takes it up', async () => {
    await using rig = await HubRig.start(folder());
    const first = await startJournal(folder(), rig.user, 'run_a1');
    await first.journal.append('prd.started', started);
    await until('the run to be known', () => rig.hub.state.runs.has('run_a1'));
    const socket = await rig.connect();
    assert.deepEqual(await interruptedIn(rig), []);

    await first[Symbol.asyncDispose]();
    await until('the run to be interrupted', () => told(socket).length > 0);
    assert.deepEqual(told(socket), [['run_a1']]);
    assert.deepEqual(await interruptedIn(rig), ['run_a1']);
    const { state } = (await (await rig.connect()).frame('init')) as unknown as { state: { interrupted: unknown } };
    assert.deepEqual(state.interrupted, ['run_a1']);
    assert.equal(rig.hub.state.runs.get('run_a1')?.status, 'running', 'the fold does not know');
    assert.doesNotMatch(rig.logBytes(), /liveness|"interrupted"/, 'nor does the log');

    await using second = await startJournal(folder(), rig.user, 'run_a1');
    await second.journal.append('prd.started', { ...started, resumed: true });
    await until('the run to go on', () => told(socket).length > 1);
    assert.deepEqual(told(socket), [['run_a1'], []]);
  });

  it('knows at its start which runs nobody executes', async () => {
    const before = await HubRig.start(folder());
    await before.hub.stop();
    const run = await startJournal(folder(), before.user, 'run_a1');
    await run.journal.append('prd.started', started);
    await run[Symbol.asyncDispose]();
    await using rig = await HubRig.start(folder());
    assert.deepEqual(await interruptedIn(rig), ['run_a1']);
  });

  it('does not call a run interrupted whose last word is on disk and not known to the hub yet', async () => {
    const user = new UserPaths(path.join(folder(), 'home'));
    const run = await startJournal(folder(), user, 'run_a1');
    const first = await run.journal.append('prd.started', started);
    assert.ok(first.ok);
    const state = emptyHub();
    foldHub(state, first.value);
    const project = { id: 'sample-000001', root: folder(), common_dir: run.paths.commonDir };
    const look = async (): Promise<string[]> => {
      await using liveness = new RunLiveness({
        state,
        bus: new EventBus(silentLogger),
        projectOf: () => project,
        onChange: () => {},
        clock: new FakeClock(),
        logger: silentLogger,
      });
      await liveness.open();
      return [...liveness.interrupted];
    };
    assert.deepEqual(await look(), []);
    await run.journal.append('prd.stopped', {});
    await run[Symbol.asyncDispose]();
    assert.deepEqual(await look(), []);
  });
});
