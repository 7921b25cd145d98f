import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { currentHolder, isProcessAlive, liveness } from '../../../src/session/holder.js';
import { until } from '../../rig/waiting.js';

describe('A holder on another system', () => {
  const { platform } = process;
  const on = (name: NodeJS.Platform): void => {
    Object.defineProperty(process, 'platform', { value: name });
  };
  // Before all, as what a process knows of its system it asks for once.
  beforeEach(() => {
    on('win32');
    currentHolder('test');
  });
  afterEach(() => {
    on(platform);
  });

  it('is told by ps on a Mac: alive, dead, or another process with its pid', async function () {
    if (!existsSync('/bin/ps')) this.skip();
    on('darwin');
    const start = currentHolder('test').start_time;
    assert.match(start, /^\w{3} \w{3} +\d+ [\d:]{8} \d{4}$/);
    assert.equal(isProcessAlive(process.pid, start), true);
    assert.equal(isProcessAlive(process.pid, `${start}0`), false);
    assert.equal(isProcessAlive(process.pid, ''), true);

    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 1000']);
    try {
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      await until('the zombie to be dead', () => !isProcessAlive(Number(line.toString()), ''));
    } finally {
      parent.kill('SIGKILL');
      await once(parent, 'close');
    }
    assert.equal(isProcessAlive(parent.pid ?? 0, ''), false);
  });

  it('is known by its host, where no kernel tells which it is', () => {
    const holder = currentHolder('test');
    assert.deepEqual([holder.boot_id, holder.pid_namespace, holder.start_time], ['', '', '']);
    assert.equal(liveness(holder), 'alive');
    assert.equal(liveness({ ...holder, pid: 2 ** 22 - 1 }), 'dead');
    assert.equal(liveness({ ...holder, host: 'elsewhere' }), 'foreign');
  });

  it('lives as long as its pid does, where the system tells no more', () => {
    assert.equal(currentHolder('test').start_time, '');
    assert.equal(isProcessAlive(process.pid, 'whatever'), true);
    assert.equal(isProcessAlive(2 ** 22 - 1, ''), false);
  });
});
