import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { currentHolder, type Holder } from '../../../src/session/holder.js';
import { RunQueue } from '../../../src/session/runQueue.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';

describe('The queue of runs', () => {
  const folder = useTemporaryFolder();
  const enter = (holder: Partial<Holder> = {}): Promise<RunQueue> =>
    RunQueue.enter(folder(), { ...currentHolder('storyloop run'), ...holder });
  const never = new AbortController().signal;

  it('lets as many go on as are allowed, the next one when one of them ends, in the order in which they came', async () => {
    const [first, second, third] = [await enter(), await enter(), await enter()];
    const order: string[] = [];
    assert.ok(await first.turn(1, never));
    const waiting = [
      third.turn(1, never).then(() => order.push('third')),
      second.turn(1, never).then(async () => {
        order.push('second');
        await second[Symbol.asyncDispose]();
      }),
    ];
    assert.deepEqual([await second.ahead(), await third.ahead()], [1, 2]);
    assert.ok(await second.turn(2, never), 'two are allowed');
    await first[Symbol.asyncDispose]();
    await Promise.all(waiting);
    assert.deepEqual(order, ['second', 'third']);
    await third[Symbol.asyncDispose]();
    assert.deepEqual(readdirSync(folder()), []);
  });

  it('does not wait for who is dead, is on another machine, or has left something that is no ticket', async () => {
    const dead = { pid: 2 ** 22 - 1, start_time: '1' };
    const dying = await enter(dead);
    const foreign = await enter({ boot_id: 'another', pid_namespace: 'another', host: 'another' });
    writeFileSync(path.join(folder(), '3-x.json'), 'nothing');
    await using mine = await enter();
    assert.equal(await mine.ahead(), 0);
    assert.ok(await mine.turn(1, never));
    for (const gone of [dying, foreign]) await gone[Symbol.asyncDispose]();
  });

  it('never lets more go on than are allowed, however many come at once', async () => {
    const entered = await Promise.all(Array.from({ length: 12 }, () => enter()));
    let [active, most] = [0, 0];
    await Promise.all(
      entered.map(async (run) => {
        await run.turn(3, never);
        active += 1;
        most = Math.max(most, active);
        await new Promise(setImmediate);
        active -= 1;
        await run[Symbol.asyncDispose]();
      }),
    );
    assert.ok(most <= 3, `${most} at once`);
  });

  it('is left when the run is stopped', async () => {
    await using first = await enter();
    await using second = await enter();
    const stopping = new AbortController();
    const turn = second.turn(1, stopping.signal);
    stopping.abort();
    assert.equal(await turn, false);
    assert.equal(await first.ahead(), 0);
  });
});
