import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DiskWatch } from '../../../src/attempt/diskWatch.js';
import { FakeClock } from '../../rig/fakeClock.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { until } from '../../rig/waiting.js';

describe('A worktree that grows', () => {
  const folder = useTemporaryFolder();
  const fill = (name: string, bytes: number): void => {
    mkdirSync(path.join(folder(), 'deep', 'down'), { recursive: true });
    writeFileSync(path.join(folder(), 'deep', 'down', name), Buffer.alloc(bytes, 1));
  };

  it('is told when it is larger than it may be, and not before; what links lead to is not in it', async () => {
    const clock = new FakeClock();
    await using watch = new DiskWatch(clock, folder(), 100_000);
    fill('a', 60_000);
    symlinkSync('/usr', path.join(folder(), 'elsewhere'));
    clock.advance(5_000);
    await until('the next look to be planned', () => clock.pending === 1);
    assert.equal(watch.signal.aborted, false);
    fill('b', 60_000);
    clock.advance(60_000);
    await until('it to be too large', () => watch.signal.aborted);
    assert.ok((watch.end?.bytes ?? 0) > 100_000);
    assert.equal(clock.pending, 0);
  });

  it('may grow as it likes when the limit is 0, and is not looked at any more when its agent has ended', async () => {
    const clock = new FakeClock();
    await using free = new DiskWatch(clock, folder(), 0);
    assert.deepEqual([clock.pending, free.signal.aborted], [0, false]);
    const watch = new DiskWatch(clock, folder(), 1);
    await watch[Symbol.asyncDispose]();
    assert.equal(clock.pending, 0);
  });
});
