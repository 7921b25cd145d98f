import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, realpathSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { currentHolder, isProcessAlive, liveness, parseHolder, type Holder } from '../../../src/session/holder.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { until } from '../../rig/waiting.js';

describe('A holder', () => {
  const folder = useTemporaryFolder();
  const self = (): Holder => currentHolder('test', 'run_1');

  it('says who it is, so that it can be read again', () => {
    const holder = self();
    assert.deepEqual(parseHolder(JSON.parse(JSON.stringify(holder))), holder);
    assert.equal(holder.pid, process.pid);
    assert.equal(holder.run_id, 'run_1');
    assert.notEqual(self().instance, holder.instance);
    assert.ok(!('run_id' in currentHolder('test')));
    assert.equal(holder.role, 'test');
    assert.ok(Math.abs(Date.now() - Date.parse(holder.since)) < 60_000);
  });

  it('is nobody when a field of it cannot be right', () => {
    const holder = { ...self(), run_id: undefined };
    const texts = ['start_time', 'boot_id', 'pid_namespace', 'host', 'since', 'role', 'instance'];
    for (const name of texts) assert.equal(parseHolder({ ...holder, [name]: undefined }), undefined, name);
    for (const pid of [0, -1, 1.5, '1', undefined]) assert.equal(parseHolder({ ...holder, pid }), undefined);
    assert.equal(parseHolder({ ...holder, run_id: 1 }), undefined);
    assert.equal(parseHolder('x'), undefined);
  });

  it('is alive while its process is', async () => {
    assert.equal(liveness(self()), 'alive');
    const child = spawn('sleep', ['1000']);
    await once(child, 'spawn');
    const holder = { ...self(), pid: child.pid ?? 0, start_time: '' };
    assert.equal(liveness(holder), 'alive');
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(liveness(holder), 'dead');
  });

  it('is dead when its pid belongs to another process by now', function () {
    if (self().start_time === '') this.skip();
    assert.equal(liveness({ ...self(), start_time: '1' }), 'dead');
  });

  it('is dead when the machine was started anew, and when it is a zombie', async function () {
    if (process.platform !== 'linux') this.skip();
    assert.equal(liveness({ ...self(), boot_id: 'another' }), 'dead');

    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 1000']);
    try {
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(line.toString());
      await until('the zombie', () => /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')));
      assert.equal(isProcessAlive(pid, ''), false);
    } finally {
      parent.kill('SIGKILL');
      await once(parent, 'close');
    }
  });

  it('is itself under any name that a program can have', async function () {
    if (process.platform !== 'linux') this.skip();
    const program = path.join(folder(), 'a) Z 1 (b');
    symlinkSync(realpathSync('/bin/sleep'), program);
    const child = spawn(program, ['1000']);
    try {
      await once(child, 'spawn');
      const { pid = 0 } = child;
      const start = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ').at(-31) ?? '';
      assert.match(start, /^\d+$/);
      assert.deepEqual([isProcessAlive(pid, start), isProcessAlive(pid, `${start}0`)], [true, false]);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
  });

  it('is foreign where its pid means nothing: in another namespace, on another host', function () {
    if (process.platform !== 'linux') this.skip();
    assert.equal(liveness({ ...self(), pid_namespace: 'pid:[1]' }), 'foreign');
    assert.equal(liveness({ ...self(), boot_id: 'another', host: 'elsewhere' }), 'foreign');
  });

  it("is known by its kernel, whatever the machine is called on today's network", function () {
    if (self().boot_id === '') this.skip();
    assert.equal(liveness({ ...self(), host: 'elsewhere' }), 'alive');
  });

  it('is nobody’s when there is no such process', () => {
    assert.equal(isProcessAlive(2 ** 22 - 1, ''), false);
  });

  it("is alive when it is somebody else's process", () => {
    assert.ok(isProcessAlive(1, '')); // EPERM, unless the tests run as root
  });
});
