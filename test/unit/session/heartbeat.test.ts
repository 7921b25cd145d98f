import assert from 'node:assert/strict';
import { mkdirSync, rmSync, utimesSync } from 'node:fs';
import { Stillness } from '../../../src/session/heartbeat.js';
import { FakeClock } from '../../rig/fakeClock.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';

describe('The stillness of a heart', () => {
  const folder = useTemporaryFolder();
  const heart = (): string => `${folder()}/hub.lock.heartbeat`;
  const beat = (second: number): void => {
    utimesSync(heart(), second, second);
  };

  it('lasts from beat to beat, and begins anew with another owner', async () => {
    mkdirSync(heart());
    const clock = new FakeClock();
    const stillness = new Stillness(`${folder()}/hub.lock`, clock, 1_000);
    const after = (ms: number, owner = 'one'): Promise<number> => {
      clock.advance(ms);
      return stillness.of(owner);
    };
    beat(1);
    assert.equal(await after(400), 0);
    assert.equal(await after(400), 400);
    assert.equal(await after(500), 900);
    beat(2);
    assert.equal(await after(500), 0);
    assert.equal(await after(500), 500);
    assert.equal(await after(500, 'two'), 0);
    assert.equal(await after(500, 'two'), 500);
  });

  it('is not the time in which nobody looked: the machine may have slept', async () => {
    mkdirSync(heart());
    const clock = new FakeClock();
    const stillness = new Stillness(`${folder()}/hub.lock`, clock, 1_000);
    await stillness.of('one');
    clock.advance(3_600_000);
    assert.equal(await stillness.of('one'), 1_000);
  });

  it('is unknown of an owner that keeps no heartbeat', async () => {
    const clock = new FakeClock();
    const stillness = new Stillness(`${folder()}/hub.lock`, clock, 1_000);
    for (let look = 0; look < 3; look += 1) {
      assert.equal(await stillness.of('one'), 0);
      clock.advance(1_000);
    }
    mkdirSync(heart());
    await stillness.of('one');
    clock.advance(1_000);
    assert.equal(await stillness.of('one'), 1_000);
    rmSync(heart(), { recursive: true });
    assert.equal(await stillness.of('one'), 0);
  });
});
