import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { parseReport, type Order } from '../../../src/processes/control.js';
import guardianProgram from '../../../src/processes/guardian.ts?bundle';
import { reap, runGuarded, type CommandEnd, type GuardedCommand } from '../../../src/processes/guarded.js';
import { mochaHooks, processesOfTest } from '../../rig/leakCheck.js';
import { until } from '../../rig/waiting.js';

const guardedParent = path.join(__dirname, '../../rig/guardedParent.js');

describe('runGuarded', () => {
  let folder: string;
  beforeEach(async () => {
    await mochaHooks.beforeEach();
    folder = await realpath(await mkdtemp(path.join(os.tmpdir(), 'guarded ü ')));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** What a test starts carries the mark that the leak check looks for. */
  const environment = (): Record<string, string> => ({
    PATH: process.env.PATH ?? '',
    RIG_PROCESS_OF: process.env.RIG_PROCESS_OF ?? '',
  });

  interface Outcome {
    readonly end: CommandEnd;
    readonly stdout: string;
    readonly stderr: string;
  }

  async function run(
    argv: readonly [string, ...string[]],
    options: Partial<GuardedCommand> & { readonly onText?: (text: string) => void } = {},
  ): Promise<Outcome> {
    const output = { stdout: '', stderr: '' };
    const end = await runGuarded({
      argv,
      cwd: folder,
      env: environment(),
      timeoutMs: 30_000,
      marker: `run_${randomUUID()}`,
      signal: new AbortController().signal,
      onOutput: (chunk, stream) => {
        output[stream] += chunk.toString();
        options.onText?.(output[stream]);
      },
      ...options,
    });
    return { end, ...output };
  }

  const shell = (script: string, options: Parameters<typeof run>[1] = {}): Promise<Outcome> =>
    run(['/bin/sh', '-c', script], options);
  const node = (script: string, options: Parameters<typeof run>[1] = {}): Promise<Outcome> =>
    run([process.execPath, '-e', script], options);

  /** Resolves when all that the command and its guardian are is gone. */
  const none = (): void => {
    assert.deepEqual(processesOfTest(), []);
  };

  it('gives exit code, stdout, stderr, stdin, folder and exactly the environment it was told', async () => {
    const { end, stdout, stderr } = await shell('cat; pwd; env; echo oops >&2; exit 7', {
      stdin: 'prompt é\n',
      env: { ...environment(), HELLO: 'wörld' },
      marker: 'run_1',
    });
    assert.deepEqual(end, { kind: 'exited', exitCode: 7, survivors: 0 });
    assert.equal(stderr, 'oops\n');
    const [prompt, cwd, ...env] = stdout.trimEnd().split('\n');
    assert.equal(prompt, 'prompt é');
    assert.equal(cwd, folder);
    const names = env
      .map((entry) => entry.split('=')[0])
      .filter((name) => !['PWD', '_', 'OLDPWD', 'SHLVL'].includes(name ?? ''));
    assert.deepEqual(names.sort(), ['HELLO', 'PATH', 'RIG_PROCESS_OF', 'STORYLOOP_GUARD', 'STORYLOOP_MARKER']);
    assert.ok(env.includes('HELLO=wörld'));
    assert.ok(env.includes('STORYLOOP_MARKER=run_1'));
  });

  it('gives all output, in the order it was written, before it resolves', async () => {
    const { end, stdout } = await node(
      `for (let i = 0; i < 20000; i++) require('fs').writeSync(1, i + ' 0123456789012345678901234567890123456789\\n')`,
    );
    assert.equal(end.kind, 'exited');
    assert.deepEqual(
      stdout.trimEnd().split('\n').map(parseFloat),
      Array.from({ length: 20_000 }, (_, index) => index),
    );
  });

  it('gives the command no way to speak in the name of its guardian', async () => {
    const { end, stdout } = await shell(`readlink /proc/$$/fd/3; echo '{"kind":"exited","exitCode":0}' >&3`);
    assert.equal(stdout, '');
    assert.deepEqual(end, { kind: 'exited', exitCode: 2, survivors: 0 });
  });

  it('does not mind input that nobody reads, however long', async () => {
    const { end } = await shell('exit 0', { stdin: 'x'.repeat(5_000_000) });
    assert.deepEqual(end, { kind: 'exited', exitCode: 0, survivors: 0 });
  });

  it('tells the signal that ended the command', async () => {
    assert.deepEqual((await shell('kill -USR1 $$')).end, { kind: 'signalled', signal: 'SIGUSR1', survivors: 0 });
  });

  it('says what could not be found: the command, its folder, or the right to run it', async () => {
    const ends = [
      await run(['no-such-program', 'x']),
      await run(['/bin/true'], { cwd: path.join(folder, 'gone') }),
      await run([folder]),
    ].map(({ end }) => (end.kind === 'not-found' ? end.message : end.kind));
    assert.match(ends[0] ?? '', /^no-such-program: command not found$/);
    assert.match(ends[1] ?? '', /its folder .*gone does not exist/);
    assert.match(ends[2] ?? '', /could not be started: .*EACCES/);
  });

  it('starts nothing when it is stopped before', async () => {
    assert.deepEqual((await shell('touch started', { signal: AbortSignal.abort() })).end, { kind: 'stopped' });
    await assert.rejects(readFile(path.join(folder, 'started')));
  });

  it('ends the whole tree when it is stopped, gently at first', async () => {
    const abort = new AbortController();
    const { end, stdout } = await shell(
      `trap 'echo ending; exit 0' TERM; sleep 60 & setsid sleep 61 & echo ready; while :; do wait; done`,
      {
        signal: abort.signal,
        onText: (text) => {
          if (text.includes('ready')) abort.abort();
        },
      },
    );
    assert.deepEqual(end, { kind: 'stopped' });
    assert.match(stdout, /ready\n(.*\n)*ending\n/);
    none();
  });

  it('kills a tree that ignores SIGTERM, after five seconds', async () => {
    const start = performance.now();
    const { end } = await shell(
      `trap '' TERM; (trap '' TERM; setsid sh -c 'trap "" TERM; sleep 60; :') & sleep 60; :`,
      {
        timeoutMs: 300,
      },
    );
    const took = performance.now() - start;
    assert.deepEqual(end, { kind: 'timed-out' });
    assert.ok(took > 4_900 && took < 9_000, `took ${took} ms`);
    none();
  });

  it('ends a command that takes too long, and says so even when it ends well on SIGTERM', async () => {
    const { end } = await shell(`trap 'exit 0' TERM; sleep 60 & wait`, { timeoutMs: 200 });
    assert.deepEqual(end, { kind: 'timed-out' });
    none();
  });

  it('ends a tree that has more in memory together than it may, wherever in the tree, and says how much', async function () {
    if (process.platform !== 'linux') this.skip();
    const hoard = `"${process.execPath}" -e "const hoard = Buffer.alloc(200_000_000, 1); setInterval(() => hoard, 1_000)"`;
    const { end } = await shell(`setsid ${hoard} & sleep 60; :`, { maxMemoryBytes: 150_000_000 });
    assert.ok(end.kind === 'over-memory' && end.bytes > 150_000_000, JSON.stringify(end));
    none();
    let peak = 0;
    const onPeakMemory = (bytes: number): void => {
      peak = bytes;
    };
    const below = await shell('sleep 1.5', { maxMemoryBytes: 150_000_000, onPeakMemory });
    assert.equal(below.end.kind, 'exited', 'one that stays below');
    assert.ok(peak > 10_000 && peak < 150_000_000, `told ${peak}`);
    peak = 0;
    await shell('sleep 1.5', { onPeakMemory });
    assert.ok(peak > 10_000, 'also where there is no limit');
  });

  it('takes a timeout longer than any timer as for ever', async () => {
    assert.equal((await shell('exit 3', { timeoutMs: 2 ** 40 })).end.kind, 'exited');
  });

  it('kills what the command left behind, and counts it', async () => {
    const { end } = await shell(`sleep 60 & setsid sleep 60 & env -i /bin/sleep 60 & echo done`);
    assert.deepEqual(end, { kind: 'exited', exitCode: 0, survivors: 3 });
    none();
  });

  it('does not count helpers that end with the command', async () => {
    const { end } = await shell(`sleep 0.1 & exit 0`);
    assert.deepEqual(end, { kind: 'exited', exitCode: 0, survivors: 0 });
  });

  it('resolves although a process that cannot be found holds the output open', async () => {
    const start = performance.now();
    const { end } = await shell(`env -i setsid /bin/sleep 4 & sleep 0.2; echo done`);
    assert.equal(end.kind, 'exited');
    assert.ok(performance.now() - start < 3_500);
  });

  it('ends the tree itself when the guardian is killed', async () => {
    const { end } = await shell(`setsid sleep 60 & echo ready; kill -9 $PPID; sleep 60`);
    assert.deepEqual(end, { kind: 'signalled', signal: 'SIGKILL', survivors: 3 });
    none();
  });

  it('has a guardian that is gone once it has reported, and does not take the way out that Node may hang on', async () => {
    const guardian = spawn(process.execPath, ['-e', guardianProgram], {
      stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    });
    const control = guardian.stdio[3];
    assert.ok(control instanceof Socket);
    const order: Order = { argv: ['true'], cwd: folder, env: environment(), guard: 'g' };
    control.write(`${JSON.stringify(order)}\n`);
    const [report] = (await once(control, 'data')) as [Buffer];
    assert.deepEqual(parseReport(report.toString()), { end: { kind: 'exited', exitCode: 0, survivors: 0 } });
    assert.deepEqual(await once(guardian, 'exit'), [null, 'SIGKILL']);
  });

  it('has a guardian that ends its tree on SIGTERM, and reports that', async () => {
    const { end } = await shell(`setsid sleep 60 & kill -TERM $PPID; sleep 60`);
    assert.deepEqual(end, { kind: 'signalled', signal: 'SIGTERM', survivors: 0 });
    none();
  });

  it('finds what runs inside the tree of another guarded command', async () => {
    const inner = `STORYLOOP_X=1 exec "${process.execPath}" "${guardedParent}" inner /bin/sh -c 'setsid sleep 60 & setsid env | grep ^STORYLOOP_; wait'`;
    const abort = new AbortController();
    const { end, stdout } = await shell(inner, {
      marker: 'outer',
      signal: abort.signal,
      onText: (text) => {
        if (text.includes('STORYLOOP_MARKER=outer,inner')) abort.abort();
      },
    });
    assert.deepEqual(end, { kind: 'stopped' });
    assert.match(stdout, /STORYLOOP_GUARD=[^,\n]+,[^,\n]+\n/);
    none();
  });

  it('leaves nothing running ten seconds after a kill -9 of the process that called it', async () => {
    const tree = [
      'setsid sleep 60 &',
      `setsid sh -c 'trap "" TERM; sleep 60; :' &`,
      `(trap '' TERM; sleep 60; :) &`,
      'echo ready; sleep 60',
    ].join(' ');
    const parent = spawn(process.execPath, [guardedParent, 'run_killed', '/bin/sh', '-c', tree], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(parent.stdout, 'data');
    const running = await until('the whole tree to run', () => {
      const processes = processesOfTest();
      return processes.length >= 9 && processes;
    });
    parent.kill('SIGKILL');
    const start = performance.now();
    await until('nothing to run', () => processesOfTest().length === 0, 10_000);
    const took = performance.now() - start;
    assert.ok(took < 8_000, `${running.length} processes took ${took} ms`);
  });

  it('reaps by marker what somebody else started, guardian included, and nothing else', async () => {
    const start = (marker: string): ReturnType<typeof spawn> =>
      spawn(process.execPath, [guardedParent, marker, '/bin/sh', '-c', 'setsid sleep 60 & echo ready; sleep 60'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
    const reaped = start('run_a');
    const spared = start('run_ab');
    const texts = [reaped, spared].map(async (parent) => {
      let text = '';
      parent.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
      await once(parent, 'close');
      return text;
    });
    await until('both trees to run', () => {
      const sleeps = processesOfTest().filter(({ command }) => command.startsWith('sleep'));
      return sleeps.length === 4;
    });
    assert.equal(await reap('run_a'), 4);
    assert.match((await texts[0]) ?? '', /"signalled"/);
    assert.equal(await reap('run_a'), 0);
    const left = processesOfTest().filter(({ command }) => command.startsWith('sleep'));
    assert.equal(left.length, 2);
    assert.equal(await reap('run_ab'), 4);
    await texts[1];
  });

  it('refuses a marker that would find other processes', async () => {
    for (const marker of ['', 'a,b', 'a b']) await assert.rejects(shell('exit 0', { marker }), /cannot mark/);
  });
});
