import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { silentLogger } from '../../../src/primitives/logger.js';
import { clearHeartbeat, Heartbeat, heartbeatAge, Stillness } from '../../../src/session/heartbeat.js';
import { FakeClock } from '../../rig/fakeClock.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { until } from '../../rig/waiting.js';

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

describe('A heartbeat', () => {
  const folder = useTemporaryFolder();
  const lockFile = (): string => `${folder()}/hub.lock`;
  const heart = (): string => `${lockFile()}.heartbeat`;
  const warnings: string[] = [];
  beforeEach(() => warnings.splice(0));

  const of = (isOurs: () => boolean, file = lockFile()): Heartbeat =>
    new Heartbeat(file, 1, isOurs, { ...silentLogger, warn: (message) => warnings.push(message) });

  it('is there from the first time that it is asked for until its end', async () => {
    const heartbeat = of(() => true);
    assert.ok(!existsSync(heart()));
    await Promise.all([heartbeat.ensure(), heartbeat.ensure()]);
    const { ino } = statSync(heart());
    await heartbeat.ensure();
    assert.equal(statSync(heart()).ino, ino, 'it is the same one');
    await heartbeat[Symbol.asyncDispose]();
    assert.ok(!existsSync(heart()));
    await heartbeat.ensure();
    assert.ok(!existsSync(heart()), 'it has ended');
    assert.deepEqual(warnings, []);
  });

  it('takes the place of what an older owner left', async () => {
    mkdirSync(heart());
    utimesSync(heart(), 1, 1);
    writeFileSync(`${heart()}/left`, '');
    await using heartbeat = of(() => true);
    await heartbeat.ensure();
    assert.ok(((await heartbeatAge(lockFile())) ?? Infinity) < 60_000);
    assert.ok(!existsSync(`${heart()}/left`));
  });

  it('ends with its start, when that was not over', async () => {
    const heartbeat = of(() => true);
    const started = heartbeat.ensure();
    await heartbeat[Symbol.asyncDispose]();
    await started;
    assert.ok(!existsSync(heart()));
  });

  it('touches nothing of another owner, neither at its start nor at its end', async () => {
    let isOurs = false;
    await using heartbeat = of(() => isOurs);
    await heartbeat.ensure();
    assert.ok(!existsSync(heart()));
    isOurs = true;
    await heartbeat.ensure();
    assert.ok(existsSync(heart()));
    isOurs = false;
    await heartbeat[Symbol.asyncDispose]();
    assert.ok(existsSync(heart()), 'it may be that of the next one');
    await clearHeartbeat(lockFile());
    assert.ok(!existsSync(heart()));
  });

  it('is taken up again when it was taken away', async () => {
    await using heartbeat = of(() => true);
    await heartbeat.ensure();
    rmSync(heart(), { recursive: true });
    await until('it to beat again', async () => {
      await heartbeat.ensure();
      return existsSync(heart());
    });
  });

  it('that cannot be kept is a warning, and is tried again', async () => {
    await using heartbeat = of(() => true, `${folder()}/none/hub.lock`);
    await heartbeat.ensure();
    assert.match(warnings[0] ?? '', /^No heartbeat for .*none\/hub\.lock: Error: ENOENT/);
    mkdirSync(`${folder()}/none`);
    await heartbeat.ensure();
    assert.ok(existsSync(`${folder()}/none/hub.lock.heartbeat`));
  });

  it('has an age, which is never below nothing, or is missing; it is not missing when nobody can look', async () => {
    assert.equal(await heartbeatAge(lockFile()), undefined);
    mkdirSync(heart());
    utimesSync(heart(), Date.now() / 1_000 - 60, Date.now() / 1_000 - 60);
    const age = (await heartbeatAge(lockFile())) ?? 0;
    assert.ok(age >= 60_000 && age < 3_600_000, `${age}`);
    utimesSync(heart(), Date.now() / 1_000 + 3_600, Date.now() / 1_000 + 3_600);
    assert.equal(await heartbeatAge(lockFile()), 0);
    writeFileSync(`${folder()}/file`, '');
    await assert.rejects(heartbeatAge(`${folder()}/file/hub.lock`), { code: 'ENOTDIR' });
  });
});
