import assert from 'node:assert/strict';
import { access, chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openRepository, type Repository } from '../../../src/git/repository.js';
import {
  addWorktree,
  checkedOutBranches,
  listWorktrees,
  removeWorktree,
  setWorktreeAside,
  unsavedFolder,
  removeWorktreeRecords,
} from '../../../src/git/worktrees.js';
import { deferred } from '../../../src/primitives/deferred.js';
import { ProjectPaths } from '../../../src/session/paths.js';
import { inTurn } from '../../../src/session/repositoryTurns.js';
import { SpokenProcess } from '../../rig/spokenProcess.js';
import { until } from '../../rig/waiting.js';
import { Workspace } from '../../rig/workspace.js';
import removeWorktreeProcess from '../../rig/removeWorktreeProcess.ts?bundle';
import worktreeProcess from '../../rig/worktreeProcess.ts?bundle';

/** Root may write anywhere; its users may not. */
const withoutRootsRights = (): string[] =>
  process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--inh-caps=-all'] : [];

describe('worktrees', () => {
  let workspace: Workspace;
  let repository: Repository;
  beforeEach(async () => {
    workspace = await Workspace.create('päth with space');
    await workspace.write('a.txt', 'a\n');
    await workspace.write('tracked.txt', '1\n');
    await workspace.commit('base');
    const opened = await openRepository(workspace.root);
    assert.ok(opened.ok);
    repository = opened.value;
  });
  afterEach(() => workspace[Symbol.asyncDispose]());

  async function added(name = 'US-1-1'): Promise<string> {
    const result = await addWorktree(repository, 'run_1', name, repository.head);
    assert.ok(result.ok, result.ok ? '' : result.error.stderr);
    return result.value;
  }

  const registered = async (): Promise<number> =>
    (await workspace.git('worktree', 'list', '--porcelain')).split('\n').filter((line) => line.startsWith('worktree '))
      .length;

  it('are made detached in the repository, ignored by git, and the checkout stays as it was to the byte', async () => {
    await workspace.write('a.txt', 'dirty\n');
    await workspace.write('new.txt', 'untracked\n');
    await workspace.write('tracked.txt', 'staged\n');
    await workspace.git('add', 'tracked.txt');
    const index = await readFile(path.join(workspace.root, '.git/index'));
    const before = await workspace.fingerprint();
    const worktree = await added();
    assert.equal(worktree, path.join(workspace.root, '.storyloop/worktrees/run_1/US-1-1'));
    assert.equal(await readFile(path.join(worktree, 'a.txt'), 'utf8'), 'a\n');
    await assert.rejects(workspace.git('-C', worktree, 'symbolic-ref', '--quiet', 'HEAD'), 'HEAD is detached');
    assert.deepEqual(await listWorktrees(repository, 'run_1'), [worktree]);
    assert.deepEqual(await workspace.fingerprint(), before);
    assert.ok((await removeWorktree(repository, worktree)).ok);
    assert.deepEqual(await listWorktrees(repository, 'run_1'), []);
    assert.equal(await registered(), 1);
    assert.deepEqual(await workspace.fingerprint(), before);
    assert.deepEqual(await readFile(path.join(workspace.root, '.git/index')), index);
    assert.equal(await workspace.read('a.txt'), 'dirty\n');
  });

  it('are made again over what a crash left, registered or not, locked, or of which only the record is left', async () => {
    const worktree = await added();
    await writeFile(path.join(worktree, 'left'), '');
    assert.equal(await added(), worktree);
    await assert.rejects(access(path.join(worktree, 'left')));

    await workspace.git('worktree', 'lock', worktree);
    assert.equal(await added(), worktree);

    await rm(worktree, { recursive: true });
    assert.equal(await added(), worktree);

    await workspace.git('worktree', 'remove', worktree);
    await mkdir(worktree, { recursive: true });
    await writeFile(path.join(worktree, 'left'), '');
    assert.equal(await added(), worktree);
    await assert.rejects(access(path.join(worktree, 'left')));
    assert.equal(await registered(), 2);
  });

  it('are removed whatever state they are in: dirty, locked, without .git, or gone', async () => {
    const spoilers: ((worktree: string) => Promise<unknown>)[] = [
      (worktree) => writeFile(path.join(worktree, 'a.txt'), 'dirty'),
      (worktree) => workspace.git('worktree', 'lock', worktree),
      (worktree) => rm(path.join(worktree, '.git')),
      (worktree) => rm(worktree, { recursive: true }),
    ];
    for (const [index, spoil] of spoilers.entries()) {
      const worktree = await added(`story-${index}`);
      await spoil(worktree);
      const removed = await removeWorktree(repository, worktree);
      assert.ok(removed.ok, removed.ok ? '' : removed.error.stderr);
      await assert.rejects(access(worktree));
      assert.equal(await registered(), 1);
    }
  });

  it('are removed with folders that a tool has made read-only, and what these link to stays as it is', async () => {
    const elsewhere = path.join(workspace.folder, 'elsewhere');
    await mkdir(elsewhere, { mode: 0o555 });
    const worktree = await added();
    const cache = path.join(worktree, 'cache/module');
    await mkdir(cache, { recursive: true });
    await writeFile(path.join(cache, 'go.mod'), 'module');
    await symlink(elsewhere, path.join(cache, 'link'));
    for (const folder of [cache, path.dirname(cache)]) await chmod(folder, 0o555);
    await using process = SpokenProcess.start(
      removeWorktreeProcess,
      workspace.folder,
      [workspace.root, worktree],
      withoutRootsRights(),
    );
    assert.equal((await process.says('obstacle'))['obstacle'], null);
    await assert.rejects(access(worktree));
    assert.equal((await stat(elsewhere)).mode & 0o777, 0o555);
  });

  it('are set aside with their files, and their place is free', async () => {
    const worktree = await added('US-1-1');
    await writeFile(path.join(worktree, 'left'), 'unsaved');
    const moved = await setWorktreeAside(repository, worktree);
    assert.ok(moved.ok, moved.ok ? '' : moved.error.stderr);
    const aside = path.join(workspace.root, '.storyloop/unsaved/run_1/US-1-1');
    assert.equal(unsavedFolder(repository, worktree), aside);
    assert.equal(await readFile(path.join(aside, 'left'), 'utf8'), 'unsaved');
    assert.equal(await registered(), 1);
    assert.equal(await added('US-1-1'), worktree);
  });

  it('leave no folder and no record when a kill came between the two, and worktrees that are there stay', async () => {
    const worktree = await added();
    await rm(worktree, { recursive: true });
    const other = await added('US-2-1');
    await removeWorktreeRecords(repository, 'run_1');
    assert.equal(await registered(), 2);
    assert.deepEqual(await listWorktrees(repository, 'run_1'), [other]);
    await rm(other, { recursive: true });
    await removeWorktreeRecords(repository, 'run_1');
    assert.equal(await registered(), 1);
    await assert.rejects(access(path.dirname(other)));
  });

  it('leave the records of other worktrees alone, even of those that are away', async () => {
    const others = path.join(workspace.folder, 'on a stick');
    await workspace.git('worktree', 'add', '--quiet', '--detach', others);
    await rm(others, { recursive: true });
    await removeWorktree(repository, await added());
    assert.equal(await registered(), 2);
  });

  it('are made and removed by two processes at once without a failure of git, and git shows nothing of it', async () => {
    const before = await workspace.fingerprint();
    const processes = ['run_1', 'run_2'].map((runId) =>
      SpokenProcess.start(worktreeProcess, workspace.folder, [workspace.root, runId, '20']),
    );
    try {
      for (const one of processes) one.tell('go');
      for (const one of processes) assert.deepEqual((await one.says('failures'))['failures'], []);
    } finally {
      for (const one of processes) await one[Symbol.asyncDispose]();
    }
    assert.equal(await registered(), 1);
    assert.deepEqual(await workspace.fingerprint(), before);
  });

  it('are made when no other process of the repository is at it', async () => {
    const held = deferred();
    const holding = inTurn(repository.commonDir, 'worktrees', () => held.promise);
    await using other = SpokenProcess.start(worktreeProcess, workspace.folder, [workspace.root, 'run_2', '1']);
    other.tell('go');
    const turns = new ProjectPaths(repository.commonDir).turns('worktrees');
    await until('a ticket of each process', async () => (await readdir(turns).catch(() => [])).length === 2);
    assert.equal(await registered(), 1);
    held.resolve();
    await holding;
    assert.deepEqual((await other.says('failures'))['failures'], []);
  });

  it('are refused through a symlink, and nothing behind it is touched', async () => {
    const elsewhere = path.join(workspace.folder, 'elsewhere');
    await mkdir(path.join(elsewhere, 'run_1', 'US-1-1'), { recursive: true });
    await mkdir(path.join(workspace.root, '.storyloop'));
    for (const link of ['.storyloop/worktrees', '.storyloop']) {
      await rm(path.join(workspace.root, link), { recursive: true, force: true });
      await symlink(elsewhere, path.join(workspace.root, link));
      const refused = await addWorktree(repository, 'run_1', 'US-1-1', repository.head);
      assert.ok(!refused.ok);
      assert.match(refused.error.stderr, /link/);
      const removal = await removeWorktree(repository, path.join(workspace.root, '.storyloop/worktrees/run_1/US-1-1'));
      assert.ok(!removal.ok);
      assert.deepEqual(await readdir(elsewhere), ['run_1']);
      assert.deepEqual(await readdir(path.join(elsewhere, 'run_1')), ['US-1-1']);
    }
  });

  it('never leave their folder, and nothing else is ever removed', async () => {
    for (const name of ['..', '.', '', 'a/b', '../../x', 'a\\b']) {
      assert.ok(!(await addWorktree(repository, 'run_1', name, repository.head)).ok, name);
    }
    for (const folder of ['', '.git', '.storyloop/worktrees', '.storyloop/worktrees/run_1/..', '../other']) {
      assert.ok(!(await removeWorktree(repository, `${workspace.root}/${folder}`)).ok, folder);
    }
    assert.equal(await workspace.read('a.txt'), 'a\n');
  });

  it('hold every file also when the checkout is sparse', async () => {
    await workspace.write('far/b.txt', 'b\n');
    await workspace.commit('more');
    await workspace.git('sparse-checkout', 'set', 'near');
    const worktree = await addWorktree(repository, 'run_1', 'US-1-1', await workspace.git('rev-parse', 'HEAD'));
    assert.ok(worktree.ok);
    assert.equal(await readFile(path.join(worktree.value, 'far/b.txt'), 'utf8'), 'b\n');
  });
});

describe('checkedOutBranches', () => {
  it('names branches that are checked out, rebased or bisected anywhere', async () => {
    await using workspace = await Workspace.create();
    for (const content of ['1', '2', '3', '4']) {
      await workspace.write('a.txt', content);
      await workspace.commit(content);
    }
    await workspace.git('branch', 'free');
    await workspace.git('worktree', 'add', '--quiet', '-b', 'linked', path.join(workspace.folder, 'linked'));
    const rebased = path.join(workspace.folder, 'rebased');
    await workspace.git('worktree', 'add', '--quiet', '-b', 'team/rebased', rebased);
    await workspace.git('-C', rebased, 'rebase', '--quiet', '--exec', 'false', 'HEAD~1').catch(() => {});
    const bisected = path.join(workspace.folder, 'bisected');
    await workspace.git('worktree', 'add', '--quiet', '-b', 'bisected', bisected);
    await workspace.git('-C', bisected, 'bisect', 'start', 'HEAD', 'HEAD~3');
    const opened = await openRepository(workspace.root);
    assert.ok(opened.ok);
    const branches = await checkedOutBranches(opened.value);
    assert.ok(branches.ok);
    assert.deepEqual([...branches.value].sort(), [
      'refs/heads/bisected',
      'refs/heads/linked',
      'refs/heads/main',
      'refs/heads/team/rebased',
    ]);
  });
});
