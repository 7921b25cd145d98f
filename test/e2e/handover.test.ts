import assert from 'node:assert/strict';
import { WebSocket } from 'ws';
import { type CommandLine } from '../rig/commandLine.js';
import { assertEachStoryOnce, held, runIntoSecondStory } from '../rig/heldRun.js';
import { assertToldAll, followBySocket, followByStream, logIdOf } from '../rig/hubFollowers.js';
import { HubProcess, hubOf } from '../rig/hubProcess.js';
import { until } from '../rig/waiting.js';
import { Workspace } from '../rig/workspace.js';

const log = (message: string): object => ({ type: 'log.message', data: { level: 'info', message } });

async function endWell(workspace: Workspace, run: CommandLine): Promise<string> {
  await workspace.write('../go', '');
  const result = await run.ended();
  assert.equal(result.exitCode, 0, result.stderr);
  await assertEachStoryOnce(workspace);
  return run.events.at(-1)?.run_id ?? '';
}

describe('The hub is handed over', () => {
  it('within two seconds after a kill, and after a good end, with its log, token and port; clients and runs go on', async () => {
    await using workspace = await Workspace.withStories(held);
    const { home } = workspace;
    await using first = await HubProcess.start(workspace);
    await using second = await HubProcess.start(workspace);
    const before = { ...(await hubOf(home, first.pid)), logId: await logIdOf(home) };
    await using bySocket = await followBySocket(home);
    await using byStream = await followByStream(home);
    const run = await runIntoSecondStory(workspace);
    const isTold = (): boolean =>
      [bySocket, byStream].every(({ told }) => told.some(({ type }) => type === 'story.completed'));
    await until('both to be told of the first story', isTold);

    first.kill('SIGKILL');
    const killed = performance.now();
    const after = { ...(await hubOf(home, second.pid)), logId: await logIdOf(home) };
    assert.ok(performance.now() - killed < 2_000, `it took ${performance.now() - killed} ms`);
    assert.deepEqual(
      [after.logId, after.token, after.port, after.term],
      [before.logId, before.token, before.port, before.term + 1],
    );

    await using third = await HubProcess.start(workspace);
    second.kill('SIGTERM');
    assert.equal((await second.command.ended()).exitCode, 0);
    assert.equal((await hubOf(home, third.pid)).port, before.port);

    const runId = await endWell(workspace, run);
    await until('the end to be known', () => bySocket.told.at(-1)?.type === 'prd.completed');
    await assertToldAll(home, bySocket, runId);
    await assertToldAll(home, byStream, runId);
  });

  it('when it was stopped; woken up it acknowledges nothing, tells nothing, lets its clients go, and stands by', async () => {
    await using workspace = await Workspace.withStories(held);
    const { home } = workspace;
    await using ghost = await HubProcess.start(workspace);
    await using heir = await HubProcess.start(workspace);
    const { port, token } = await hubOf(home, ghost.pid);
    await using bySocket = await followBySocket(home);
    await using byStream = await followByStream(home);
    const run = await runIntoSecondStory(workspace);
    const frames: string[] = [];
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, ['storyloop.v1'], {
      headers: { authorization: `Bearer ${token}` },
    });
    socket.on('message', (data: Buffer) => frames.push(data.toString()));
    await until('the greeting', () => frames.length >= 2);

    ghost.kill('SIGSTOP');
    const emitted = fetch(`http://127.0.0.1:${port}/emit`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(log('to the ghost, by HTTP')),
    }).then(
      ({ status }) => status,
      () => 0,
    );
    socket.send(JSON.stringify({ op: 'publish', id: 1, events: [log('to the ghost')] }));
    socket.send(JSON.stringify({ op: 'ping', id: 2 }));
    const meanwhile = await hubOf(home, heir.pid);
    const runId = await endWell(workspace, run);
    const told = frames.length;

    ghost.kill('SIGCONT');
    await until('it to let its client go', () => socket.readyState === WebSocket.CLOSED);
    assert.deepEqual(frames.slice(told), []);
    assert.ok([0, 503].includes(await emitted), `answered ${await emitted}`);
    await until('the ghost to stand by', () => ghost.standsBy === 1);
    await until('the end to be known', () => bySocket.told.at(-1)?.type === 'prd.completed');
    await assertToldAll(home, bySocket, runId);
    await assertToldAll(home, byStream, runId);
    for (const follower of [bySocket, byStream]) {
      assert.doesNotMatch(JSON.stringify(follower.told), /to the ghost/);
    }

    assert.notEqual(meanwhile.port, port, 'nobody waited for the port that the ghost had');
    await until('the port to be the old one again', async () => (await hubOf(home, heir.pid)).port === port);
  });
});
