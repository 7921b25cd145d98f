import assert from 'node:assert/strict';
import { access, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openRepository } from '../../../src/git/repository.js';
import { commitWorktree, type SnapshotCommit } from '../../../src/git/snapshot.js';
import { addWorktree } from '../../../src/git/worktrees.js';
import { Workspace } from '../../rig/workspace.js';

describe('commitWorktree', () => {
  let workspace: Workspace;
  let worktree: string;
  let base: string;
  let scratch: string;
  let identity: Readonly<Record<string, string>>;
  beforeEach(async () => {
    workspace = await Workspace.create('päth with space');
    await workspace.write('a.txt', 'a\n');
    await workspace.write('docs/prd.json', '{}\n');
    await workspace.write('gone.txt', 'x\n');
    await workspace.write('.gitignore', 'node_modules\n');
    await workspace.commit('base');
    const repository = await openRepository(workspace.root);
    assert.ok(repository.ok);
    base = repository.value.head;
    identity = repository.value.identity;
    const added = await addWorktree(repository.value, 'run_1', 'US-1-1', base);
    assert.ok(added.ok);
    worktree = added.value;
    scratch = path.join(workspace.folder, 'scratch');
  });
  afterEach(() => workspace[Symbol.asyncDispose]());

  const inWorktree = (...args: string[]): Promise<string> => workspace.git('-C', worktree, ...args);

  async function write(file: string, content: string): Promise<void> {
    const target = path.join(worktree, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, content);
  }

  async function commit(
    keep: string[] = [],
    trailers: Record<string, string> = {},
    foreign: string[] = [],
  ): Promise<SnapshotCommit> {
    const made = await commitWorktree({
      worktree,
      base,
      keep,
      foreign,
      message: 'US-1: é\n\nWhy.',
      trailers,
      commonDir: path.join(workspace.root, '.git'),
      scratch,
      identity,
    });
    assert.ok(made.ok, made.ok ? '' : made.error.stderr);
    return made.value;
  }

  /** path → content of all files of a commit. */
  async function filesOf(revision: string): Promise<Record<string, string>> {
    const names = (await workspace.git('ls-tree', '-r', '-z', '--name-only', revision)).split('\0').filter(Boolean);
    const contents = await Promise.all(names.map((name) => workspace.git('show', `${revision}:${name}`)));
    return Object.fromEntries(names.map((name, index) => [name, contents[index] ?? '']));
  }

  it('holds what was changed, made and deleted, not what is ignored, and names those files', async () => {
    await write('a.txt', 'changed');
    await write('new ü.txt', 'new');
    await write('node_modules/m.js', 'ignored');
    await rm(path.join(worktree, 'gone.txt'));
    const { commit: made, files, tree } = await commit();
    assert.deepEqual([...files].sort(), ['a.txt', 'gone.txt', 'new ü.txt']);
    assert.deepEqual(await filesOf(made), {
      '.gitignore': 'node_modules',
      'a.txt': 'changed',
      'docs/prd.json': '{}',
      'new ü.txt': 'new',
    });
    assert.equal(await workspace.git('rev-parse', `${made}^{tree}`, `${made}^`), `${tree}\n${base}`);
  });

  it('is by the user, with the message and its trailers', async () => {
    const made = await commit([], { 'Run-Id': 'run_1', 'Story-Id': 'US-1\nForged: yes' });
    assert.equal(
      await workspace.git('log', '-1', '--format=%an <%ae> %cn%n%B%(trailers:key=Story-Id,valueonly)', made.commit),
      'Ada Tester <ada@example.test> Ada Tester\nUS-1: é\n\nWhy.\n\nRun-Id: run_1\nStory-Id: US-1 Forged: yes\nUS-1 Forged: yes',
    );
  });

  it('has no files when nothing was changed', async () => {
    assert.deepEqual((await commit()).files, []);
  });

  it('is of the files alone, whatever the agent committed, reset, staged or broke', async () => {
    await write('a.txt', 'wanted');
    await write('new.txt', 'wanted too');
    const expected = (await commit()).tree;
    const tricks: (() => Promise<unknown>)[] = [
      () => inWorktree('commit', '--quiet', '--all', '--message', 'by the agent'),
      () => inWorktree('checkout', '--quiet', '--orphan', 'mine'),
      () => inWorktree('rm', '--quiet', '--cached', '-rf', '.'),
      () => inWorktree('add', '--all').then(() => inWorktree('update-index', '--skip-worktree', 'a.txt')),
      () => writeFile(path.join(worktree, '.git'), 'gitdir: /nonexistent\n'),
      () => rm(path.join(worktree, '.git')),
      () => workspace.git('init', '--quiet', worktree),
    ];
    for (const trick of tricks) {
      await trick();
      const made = await commit();
      assert.equal(made.tree, expected, trick.toString());
      assert.equal(await workspace.git('rev-parse', `${made.commit}^`), base);
    }
  });

  it("leaves the user's checkout and the worktree's own index, HEAD and refs as they were, to the byte", async () => {
    await workspace.write('a.txt', 'dirty\n');
    await workspace.git('add', 'a.txt');
    await workspace.write('untracked', '');
    await write('a.txt', 'agent');
    await inWorktree('add', '--all');
    const state = async (): Promise<unknown> => [
      await workspace.fingerprint(),
      await workspace.git('for-each-ref'),
      await readFile(path.join(workspace.root, '.git/index')),
      await readFile(path.join(workspace.root, '.git/worktrees/US-1-1/index')),
      await readFile(path.join(workspace.root, '.git/worktrees/US-1-1/HEAD')),
    ];
    const before = await state();
    await commit(['docs/prd.json']);
    assert.deepEqual(await state(), before);
  });

  it('keeps the PRD as it is in the base: changed, deleted, made, replaced by a folder, or under a file', async () => {
    const keep = ['docs/prd.json', 'new/prd.json', 'a*.txt'];
    const changes: (() => Promise<unknown>)[] = [
      () => write('docs/prd.json', '{"passes":true}'),
      () => rm(path.join(worktree, 'docs/prd.json')),
      () => write('docs/prd.json/inside', 'x'),
      () => rm(path.join(worktree, 'docs'), { recursive: true }).then(() => write('docs', 'a file')),
    ];
    await write('new/prd.json', '{}');
    await write('a.txt', 'not meant by a*.txt');
    for (const change of changes) {
      await change();
      const made = await commit(keep);
      assert.deepEqual(made.files, ['a.txt']);
      assert.equal(await workspace.git('show', `${made.commit}:a.txt`), 'not meant by a*.txt');
    }
  });

  it('is without what was put there for the attempt: as it was, changed, deleted or made a folder, and nothing else', async () => {
    const foreign = ['.env', 'config/local.json'];
    const changes: (() => Promise<unknown>)[] = [
      () => Promise.resolve(),
      () => write('.env', "the agent's"),
      () => rm(path.join(worktree, '.env')),
      () => write('.env/inside', 'x'),
      () => rm(path.join(worktree, 'config'), { recursive: true }),
    ];
    await write('.env', 'secret');
    await write('config/local.json', '{}');
    assert.deepEqual((await commit([], {}, foreign)).files, [], 'alone they are no change');
    await write('.env.example', 'mine');
    for (const change of changes) {
      await change();
      const made = await commit([], {}, foreign);
      assert.deepEqual(made.files, ['.env.example'], change.toString());
    }
  });

  it('holds the files of a repository that the agent made inside, with or without commits, nested or empty', async () => {
    const git = (folder: string, ...args: string[]): Promise<string> =>
      workspace.git('-C', path.join(worktree, folder), '-c', 'user.name=x', '-c', 'user.email=x@x', ...args);
    await write('young/a', '1');
    await write('young/node_modules/m', 'ignored');
    await git('young', 'init', '--quiet');
    await write('old/deep/b', '2');
    await git('old', 'init', '--quiet');
    await git('old', 'add', '--all');
    await git('old', 'commit', '--quiet', '--message', 'x');
    await write('old/deep/inner/c', '3');
    await git('old/deep/inner', 'init', '--quiet');
    await mkdir(path.join(worktree, 'empty'));
    await git('empty', 'init', '--quiet');
    const made = await commit();
    assert.deepEqual([...made.files].sort(), ['old/deep/b', 'old/deep/inner/c', 'young/a']);
    assert.doesNotMatch(await workspace.git('ls-tree', '-r', made.commit), /^160000/m);
    await access(path.join(worktree, 'old/.git'));
  });

  it('holds the files of a repository that `.gitmodules` hides, too', async () => {
    await write('.gitmodules', '[submodule "old"]\n\tpath = old\n\turl = ./old\n\tignore = all\n');
    await write('old/a', '1');
    const git = (...args: string[]): Promise<string> => workspace.git('-C', path.join(worktree, 'old'), ...args);
    await git('init', '--quiet');
    await git('add', '--all');
    await git('-c', 'user.name=x', '-c', 'user.email=x@x', 'commit', '--quiet', '--message', 'x');
    const made = await commit();
    assert.deepEqual([...made.files].sort(), ['.gitmodules', 'old/a']);
    assert.equal(await workspace.git('show', `${made.commit}:old/a`), '1');
  });

  it('runs no hook and no fsmonitor that an agent configured, and asks for no signature', async () => {
    const ran = path.join(workspace.folder, 'ran');
    const program = path.join(workspace.folder, 'hooks', 'program');
    await mkdir(path.dirname(program));
    for (const name of ['program', 'pre-commit', 'post-checkout', 'post-index-change', 'reference-transaction']) {
      await writeFile(path.join(workspace.folder, 'hooks', name), `#!/bin/sh\ntouch "${ran}"\n`, { mode: 0o755 });
    }
    await inWorktree('config', 'core.hooksPath', path.dirname(program));
    await inWorktree('config', 'core.fsmonitor', program);
    await inWorktree('config', 'commit.gpgsign', 'true');
    await inWorktree('config', 'gpg.program', program);
    await write('a.txt', 'changed');
    assert.deepEqual((await commit()).files, ['a.txt']);
    await assert.rejects(access(ran), 'a program of the agent ran');
  });

  it('keeps symlinks as links and the executable bit', async () => {
    await symlink('a.txt', path.join(worktree, 'link'));
    await writeFile(path.join(worktree, 'tool'), '', { mode: 0o755 });
    const made = await commit();
    const modes = (await workspace.git('ls-tree', made.commit, 'link', 'tool'))
      .split('\n')
      .map((row) => row.slice(0, 6));
    assert.deepEqual(modes, ['120000', '100755']);
  });

  it('fails as a value when the worktree is gone, and leaves no temporary index', async () => {
    await rm(worktree, { recursive: true });
    const made = await commitWorktree({
      ...{ worktree, base, keep: [], foreign: [], message: 'x', trailers: {}, scratch, identity },
      commonDir: path.join(workspace.root, '.git'),
    });
    assert.ok(!made.ok);
    assert.equal(made.error.kind, 'failed');
    assert.deepEqual(await readdir(scratch), []);
  });
});
