import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openRepository, type Repository } from '../../../src/git/repository.js';
import { resetWorktree } from '../../../src/git/resetWorktree.js';
import { addWorktree } from '../../../src/git/worktrees.js';
import { Workspace } from '../../rig/workspace.js';

describe('A worktree that is reset', () => {
  let workspace: Workspace;
  let repository: Repository;
  let worktree: string;
  beforeEach(async () => {
    workspace = await Workspace.create('päth with space');
    await workspace.write('a.txt', 'one\n');
    await workspace.write('.gitignore', 'ignored\n');
    await workspace.commit('one');
    await workspace.git('branch', 'other');
    await workspace.write('a.txt', 'two\n');
    await workspace.commit('two');
    const opened = await openRepository(workspace.root);
    assert.ok(opened.ok);
    repository = opened.value;
    const added = await addWorktree(repository, 'run_1', 'base', repository.head);
    assert.ok(added.ok);
    worktree = added.value;
    await workspace.write('a.txt', 'dirty\n');
    await workspace.write('mine.txt', 'untracked\n');
  });
  afterEach(() => workspace[Symbol.asyncDispose]());

  it('holds what the commit does, and what is ignored; a branch that was checked out there stays where it is', async () => {
    const other = await workspace.git('rev-parse', 'other');
    await workspace.git('-C', worktree, 'checkout', '--quiet', 'other');
    await writeFile(path.join(worktree, 'a.txt'), 'changed');
    await writeFile(path.join(worktree, 'left.txt'), 'x');
    await writeFile(path.join(worktree, 'ignored'), 'x');
    assert.equal(await resetWorktree(repository, worktree, repository.head), true);
    assert.equal(await readFile(path.join(worktree, 'a.txt'), 'utf8'), 'two\n');
    await assert.rejects(readFile(path.join(worktree, 'left.txt')));
    assert.equal(await readFile(path.join(worktree, 'ignored'), 'utf8'), 'x');
    assert.equal(await workspace.git('rev-parse', 'other'), other);
  });

  it('is left alone, and with it the user’s checkout, when it does not lead to its own record any more', async () => {
    const before = await workspace.fingerprint();
    const gitFile = path.join(worktree, '.git');
    await rm(gitFile);
    assert.equal(await resetWorktree(repository, worktree, 'other'), false, 'without .git');
    await writeFile(gitFile, `gitdir: ${path.join(workspace.root, '.git')}\n`);
    assert.equal(await resetWorktree(repository, worktree, 'other'), false, 'with the .git of the checkout');
    assert.deepEqual(await workspace.fingerprint(), before);
    assert.equal(await workspace.read('a.txt'), 'dirty\n');
  });
});
