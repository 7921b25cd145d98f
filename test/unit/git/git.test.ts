import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { access, chmod, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { git } from '../../../src/git/git.js';
import withoutDescriptors from '../../rig/gitWithoutDescriptors.ts?bundle';
import { processesOfTest } from '../../rig/leakCheck.js';
import { until } from '../../rig/waiting.js';
import { Workspace } from '../../rig/workspace.js';

async function inWorkspace(body: (workspace: Workspace) => Promise<void>): Promise<void> {
  await using workspace = await Workspace.create('my projet é');
  await workspace.write('a.txt', 'a\n');
  await workspace.commit('base');
  await body(workspace);
}

/** Sets a variable of this process for as long as `body` runs. */
async function withVariable(name: string, value: string, body: () => Promise<void>): Promise<void> {
  const before = process.env[name];
  process.env[name] = value;
  try {
    await body();
  } finally {
    if (before === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = before;
  }
}

describe('git', () => {
  it('answers stdout untrimmed, and what git refuses as a value', () =>
    inWorkspace(async ({ root }) => {
      assert.deepEqual(await git(root, ['show', 'HEAD:a.txt']), { ok: true, value: 'a\n' });
      const refused = await git(root, ['rev-parse', '--verify', 'nothing']);
      assert.ok(!refused.ok);
      assert.equal(refused.error.kind, 'failed');
      assert.equal(refused.error.exitCode, 128);
      assert.match(refused.error.stderr, /Needed a single revision/);
    }));

  it('is told apart when it is not installed, and not when the folder is missing', () =>
    inWorkspace(async ({ root }) => {
      await withVariable('PATH', '/nonexistent', async () => {
        const missing = await git(root, ['version']);
        assert.ok(!missing.ok);
        assert.equal(missing.error.kind, 'not-installed');
      });
      const nowhere = await git(path.join(root, 'nowhere'), ['version']);
      assert.ok(!nowhere.ok);
      assert.equal(nowhere.error.kind, 'failed');
    }));

  it('says so as a value when its arguments are more than the system takes, and when it prints without an end', () =>
    inWorkspace(async ({ root }) => {
      const long = await git(root, ['log', 'x'.repeat(5_000_000)]);
      assert.ok(!long.ok && long.error.kind === 'failed');
      assert.match(long.error.stderr, /E2BIG|ENAMETOOLONG/);
      const endless = await git(root, ['-c', 'alias.flood=!yes', 'flood']);
      assert.ok(!endless.ok);
      assert.match(endless.error.stderr, /more than 100 MB/);
    }));

  it('is ended with all that it has started when it does not end by itself, and says so', () =>
    inWorkspace(async ({ root }) => {
      const endless = ['-c', 'alias.wait=!sleep 600 & wait', 'wait'];
      const ended = await git(root, endless, { timeoutMs: 300 });
      assert.ok(!ended.ok);
      assert.match(ended.error.stderr, /did not end within 0.3 s/);
      await until('what it has started to be gone', () => processesOfTest().length === 0);
    }));

  it('says so as a value when no file can be opened any more, and is there again when one can', () => {
    // A process of its own, whose limit is soon reached.
    const limited = ['-c', 'ulimit -n 64 && exec "$0" -e "$1"', process.execPath, withoutDescriptors];
    const printed = JSON.parse(execFileSync('sh', limited, { encoding: 'utf8' })) as Record<
      'without' | 'after',
      Awaited<ReturnType<typeof git>>
    >;
    assert.ok(!printed.without.ok && printed.without.error.kind === 'failed');
    assert.match(printed.without.error.stderr, /EMFILE/);
    assert.ok(printed.after.ok);
  });

  it('works where it is told to, whatever GIT_* variables the caller has', () =>
    inWorkspace(async ({ root }) => {
      await using other = await Workspace.create();
      await withVariable('GIT_DIR', path.join(other.root, '.git'), () =>
        withVariable('GIT_INDEX_FILE', path.join(other.root, 'index'), async () => {
          assert.deepEqual(await git(root, ['ls-files']), { ok: true, value: 'a.txt\n' });
        }),
      );
    }));

  it('runs no hook and no fsmonitor of the repository', () =>
    inWorkspace(async (workspace) => {
      const ran = path.join(workspace.folder, 'ran');
      const program = path.join(workspace.folder, 'program');
      await writeFile(program, `#!/bin/sh\ntouch "${ran}"\n`, { mode: 0o755 });
      await workspace.write('.git/hooks/reference-transaction', `#!/bin/sh\ntouch "${ran}"\n`);
      await workspace.git('config', 'core.fsmonitor', program);
      await chmod(path.join(workspace.root, '.git/hooks/reference-transaction'), 0o755);
      assert.ok((await git(workspace.root, ['status', '--porcelain'])).ok);
      assert.ok((await git(workspace.root, ['update-ref', 'refs/x', 'HEAD'])).ok);
      await assert.rejects(access(ran), 'the program of the repository ran');
      // The same without our switches does run it: the test would notice.
      await workspace.git('status', '--porcelain');
      await access(ran);
    }));

  it('is in a process group of its own, so that a Ctrl-C in the terminal does not end it', () =>
    inWorkspace(async ({ root }) => {
      const group = await git(root, ['-c', 'alias.group=!ps -o pgid= -p $$', 'group']);
      assert.ok(group.ok);
      const ours = execFileSync('ps', ['-o', 'pgid=', '-p', String(process.pid)], { encoding: 'utf8' });
      assert.notEqual(group.value.trim(), ours.trim());
    }));

  it('waits for a lock that another git holds', () =>
    inWorkspace(async ({ root }) => {
      const lock = path.join(root, '.git/index.lock');
      await writeFile(lock, '');
      const adding = git(root, ['update-index', '--force-remove', 'a.txt']);
      const held = await Promise.race([adding, new Promise((resolve) => setImmediate(resolve, 'held'))]);
      assert.equal(held, 'held');
      await rm(lock);
      assert.ok((await adding).ok);
    }));

  it('gives up on a lock that stays', () =>
    inWorkspace(async ({ root }) => {
      await writeFile(path.join(root, '.git/index.lock'), '');
      const refused = await git(root, ['update-index', '--force-remove', 'a.txt']);
      assert.ok(!refused.ok);
      assert.match(refused.error.stderr, /File exists/);
    }));
});
