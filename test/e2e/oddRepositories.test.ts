import assert from 'node:assert/strict';
import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { CommandLine, startRun, storyloop } from '../rig/commandLine.js';
import { SmallDisks } from '../rig/smallDisks.js';
import { Workspace } from '../rig/workspace.js';

describe('Where things are not as usual, a run', () => {
  it('works on a detached HEAD, in a folder whose name has spaces, quotes and other alphabets', async () => {
    await using workspace = await Workspace.withStories([{ id: 'US-1' }], 'o\'dd $HOME ü 漢 "q"');
    await workspace.git('checkout', '--quiet', '--detach');
    const { exitCode, stderr } = await startRun(workspace).ended();
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(await workspace.committedStories('ralph/sample'), ['US-1']);
    await assert.rejects(workspace.git('symbolic-ref', '--quiet', 'HEAD'), 'still detached');
  });

  it('works in a linked worktree, and leaves it and the main one as they were', async () => {
    await using workspace = await Workspace.withStories([{ id: 'US-1' }]);
    await workspace.git('worktree', 'add', '--quiet', '-b', 'mine', '../linked');
    const linked = path.join(workspace.folder, 'linked');
    const args = ['run', path.join(linked, 'prd.json'), '--script', workspace.script, '--yes', '--json'];
    const { exitCode, stderr } = await new CommandLine(workspace, args).ended();
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(await workspace.committedStories('ralph/sample'), ['US-1']);
    assert.match(await workspace.read(path.join(linked, 'prd.json')), /"passes": true/);
    assert.equal(await workspace.git('status', '--porcelain'), '');
    assert.equal(await workspace.git('-C', linked, 'symbolic-ref', '--short', 'HEAD'), 'mine');
  });

  it('does not build on a HEAD that a rebase or a bisection has taken away, says how to end it, and goes on with an unfinished run all the same', async () => {
    await using workspace = await Workspace.withStories([
      {
        id: 'US-1',
        attempts: [
          [
            { do: 'wait-for', file: 'go' },
            { do: 'write', path: 'US-1.txt', content: 'done' },
          ],
        ],
      },
    ]);
    const change = async (text: string): Promise<void> => {
      await workspace.write('note.txt', text);
      await workspace.commit(text);
    };
    await change('one');
    await workspace.git('checkout', '--quiet', '-b', 'other', 'HEAD~');
    await change('two');
    const refused = async (says: RegExp): Promise<void> => {
      const { exitCode, stderr } = await startRun(workspace).ended();
      assert.equal(exitCode, 6);
      assert.match(stderr, says);
      assert.equal(await workspace.git('for-each-ref', 'refs/storyloop'), '');
    };
    await assert.rejects(workspace.git('rebase', '--quiet', 'main'));
    await refused(/in the middle of a rebase.*git rebase --abort/);
    await workspace.git('rebase', '--abort');
    await workspace.git('bisect', 'start', 'HEAD', 'HEAD~');
    await refused(/in the middle of a bisect.*git bisect reset/);
    await workspace.git('bisect', 'reset');
    const stopped = startRun(workspace);
    await stopped.event('context.created');
    stopped.kill('SIGINT');
    assert.equal((await stopped.ended()).exitCode, 5);
    await assert.rejects(workspace.git('rebase', '--quiet', 'main'));
    await workspace.write('../go', '');
    const { exitCode, stderr } = await startRun(workspace).ended();
    assert.equal(exitCode, 0, stderr);
    assert.match(await workspace.git('status'), /rebase in progress/);
    assert.equal((await workspace.committedStories('ralph/sample')).at(-1), 'US-1');
  });

  it('leaves submodules as they are, and says that worktrees are without them unless a set-up command sees to it', async () => {
    await using library = await Workspace.withStories([]);
    await using workspace = await Workspace.withStories([{ id: 'US-1' }]);
    const allowed = ['-c', 'protocol.file.allow=always'];
    await workspace.git(...allowed, 'submodule', '--quiet', 'add', library.root, 'library');
    await workspace.commit('with a library');
    const { exitCode, stderr } = await startRun(workspace).ended();
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /without the submodules.*setup/);
    assert.equal(await workspace.git('diff', '--name-only', 'main', 'ralph/sample'), 'US-1.txt');
    await workspace.write('.storyloop.json', JSON.stringify({ setup: [['git', 'submodule', 'status']] }));
    const lines = (await storyloop(workspace, 'run', 'prd.json', '--script', workspace.script, '--check')).stdout;
    assert.doesNotMatch(lines, /without the submodules/);
  });

  it('says that git is missing', async () => {
    await using workspace = await Workspace.withStories([{ id: 'US-1' }]);
    const bin = path.join(workspace.folder, 'bin');
    await mkdir(bin);
    await symlink(process.execPath, path.join(bin, 'node'));
    const args = ['run', 'prd.json', '--script', workspace.script, '--yes'];
    const { exitCode, stderr } = await new CommandLine(workspace, args, { PATH: bin }).ended();
    assert.equal(exitCode, 6);
    assert.match(stderr, /git was not found on the PATH\. Install git/);
  });

  for (const [name, folder] of [
    ['the state of its user', (workspace: Workspace) => workspace.home],
    ['the repository', (workspace: Workspace) => workspace.root],
  ] as const) {
    it(`says that it cannot write where ${name} is read-only`, async function () {
      await using workspace = await Workspace.withStories([{ id: 'US-1' }]);
      await using disks = await SmallDisks.over(workspace, '4m', [folder(workspace)]);
      if (!disks) this.skip();
      disks.lock(folder(workspace));
      const args = ['run', 'prd.json', '--script', workspace.script, '--yes', '--json'];
      const { exitCode, stderr, stdout } = await new CommandLine(workspace, args, {}, disks.program).ended();
      assert.equal(exitCode, 6, stderr);
      assert.match(stderr, /does not allow it: .*EROFS.*STORYLOOP_HOME/);
      assert.equal(stdout, '');
    });
  }
});
