import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { lendHook, preCommitHook } from '../../../src/git/hooks.js';
import { openRepository, type Repository } from '../../../src/git/repository.js';
import { stageWorktree } from '../../../src/git/stage.js';
import { addWorktree } from '../../../src/git/worktrees.js';
import { hookGate } from '../../../src/plan/hookGate.js';
import { Workspace } from '../../rig/workspace.js';

/** A workspace with an executable hook; and, as Git itself is told of it, where. */
async function hooked(file: string, hooksPath?: string): Promise<Workspace> {
  const workspace = await Workspace.create();
  await workspace.write('a.txt', 'a\n');
  await hook(workspace, file);
  if (hooksPath !== undefined) await workspace.git('config', 'core.hooksPath', hooksPath);
  return workspace;
}

async function hook(workspace: Workspace, file: string, says = 'ran'): Promise<void> {
  await workspace.write(file, `#!/bin/sh\necho ${says}\n`);
  await chmod(path.join(workspace.root, file), 0o755);
}

async function repositoryOf(workspace: Workspace): Promise<Repository> {
  const opened = await openRepository(workspace.root);
  assert.ok(opened.ok);
  return opened.value;
}

describe('The pre-commit hook of a checkout', () => {
  it("is the repository's own, the same for every worktree", async () => {
    await using workspace = await hooked('.git/hooks/pre-commit');
    const file = path.join(workspace.root, '.git/hooks/pre-commit');
    assert.deepEqual(await preCommitHook(workspace.root), { files: [file], untracked: undefined });
  });

  it('is where the user says, of each worktree when it is tracked', async () => {
    await using workspace = await hooked('.githooks/pre-commit', '.githooks');
    await workspace.commit('hook');
    assert.deepEqual(await preCommitHook(workspace.root), { files: ['.githooks/pre-commit'], untracked: undefined });
  });

  it('is the file that a shim of Husky runs, as well', async () => {
    await using workspace = await hooked('.husky/_/pre-commit', '.husky/_');
    await workspace.write('.husky/_/.gitignore', '*\n');
    await workspace.write('.husky/pre-commit', 'npm test\n');
    await workspace.commit('hook');
    const files = [path.join(workspace.root, '.husky/_/pre-commit'), '.husky/pre-commit'];
    assert.deepEqual(await preCommitHook(workspace.root), { files, untracked: '.husky/_' });
  });

  it('is none when it cannot be executed, or is not there, though others are', async function () {
    if (process.platform === 'win32') return this.skip();
    await using workspace = await hooked('.git/hooks/pre-commit');
    await chmod(path.join(workspace.root, '.git/hooks/pre-commit'), 0o644);
    assert.equal(await preCommitHook(workspace.root), undefined);
    await hook(workspace, '.git/hooks/commit-msg');
    assert.equal(await preCommitHook(workspace.root), undefined);
  });

  it('has a text that is another one when one of its files changes, in the worktree where each has its own', async () => {
    await using workspace = await hooked('.githooks/pre-commit', '.githooks');
    await workspace.commit('hook');
    const added = await addWorktree(await repositoryOf(workspace), 'run_1', 'US-1-1', 'HEAD');
    assert.ok(added.ok);
    const text = async (root: string) => (await hookGate(root, workspace.root))[0]?.text;
    const approved = await text(workspace.root);
    assert.match(approved ?? '', /^git hook run pre-commit → \.githooks\/pre-commit \(sha256 [0-9a-f]{32}\)$/);
    assert.equal(await text(added.value), approved);
    await writeFile(path.join(added.value, '.githooks/pre-commit'), '#!/bin/sh\n');
    assert.notEqual(await text(added.value), approved);
    await rm(path.join(added.value, '.githooks/pre-commit'));
    assert.notEqual(await text(added.value), approved);
    await hook(workspace, '.githooks/pre-commit', 'otherwise');
    assert.notEqual(await text(workspace.root), approved);
  });

  it('that only the checkout has is lent to a worktree, and taken back', async () => {
    await using workspace = await hooked('.husky/_/pre-commit', '.husky/_');
    await workspace.write('.husky/_/.gitignore', '*\n');
    await workspace.commit('no hook');
    const added = await addWorktree(await repositoryOf(workspace), 'run_1', 'US-1-1', 'HEAD');
    assert.ok(added.ok);
    const run = () => workspace.git('-C', added.value, 'hook', 'run', 'pre-commit');
    await assert.rejects(run());
    const takeBack = await lendHook(workspace.root, added.value);
    await run();
    await takeBack();
    await assert.rejects(run());
  });

  it('that only the checkout has takes the place of one that an agent made, and nothing goes through a link', async () => {
    await using workspace = await hooked('.husky/_/pre-commit', '.husky/_');
    await workspace.write('.husky/_/.gitignore', '*\n');
    await workspace.commit('no hook');
    const added = await addWorktree(await repositoryOf(workspace), 'run_1', 'US-1-1', 'HEAD');
    assert.ok(added.ok);
    const forged = path.join(added.value, '.husky/_/pre-commit');
    await mkdir(path.dirname(forged), { recursive: true });
    await writeFile(forged, '#!/bin/sh\nexit 0\n');
    await lendHook(workspace.root, added.value);
    const own = await workspace.read('.husky/_/pre-commit');
    assert.equal(await readFile(forged, 'utf8'), own);
    await rm(path.join(added.value, '.husky'), { recursive: true });
    await symlink(path.join(workspace.root, '.husky'), path.join(added.value, '.husky'));
    await (
      await lendHook(workspace.root, added.value)
    )();
    assert.equal(await workspace.read('.husky/_/pre-commit'), own);
  });
});

describe('A worktree that is staged', () => {
  it('has everything in its own index, and nothing in the user’s, whatever an agent did to its .git', async () => {
    await using workspace = await Workspace.create();
    await workspace.write('a.txt', 'a\n');
    await workspace.write('prd.json', '{}\n');
    await workspace.commit('base');
    const repository = await repositoryOf(workspace);
    const added = await addWorktree(repository, 'run_1', 'US-1-1', 'HEAD');
    assert.ok(added.ok);
    const worktree = added.value;
    const before = await workspace.fingerprint();
    const stage = () =>
      stageWorktree({
        ...{ worktree, base: repository.head, keep: ['prd.json'], foreign: [] },
        commonDir: repository.commonDir,
        scratch: path.join(workspace.folder, 'scratch'),
      });
    const staged = () => workspace.git('-C', worktree, 'diff', '--cached', '--name-only');
    await writeFile(path.join(worktree, 'prd.json'), '{ "mine": true }\n');
    await writeFile(path.join(worktree, 'b.txt'), 'b\n');
    await workspace.git('-C', worktree, 'add', 'b.txt');
    await workspace.git('-C', worktree, 'commit', '--quiet', '-m', 'the agent commits');
    await writeFile(path.join(worktree, 'c.txt'), 'c\n');
    assert.ok((await stage()).ok);
    assert.equal(await staged(), 'b.txt\nc.txt');
    await rm(path.join(worktree, '.git'));
    assert.ok((await stage()).ok);
    assert.equal(await staged(), 'b.txt\nc.txt');
    await rm(path.join(worktree, '.git'));
    await workspace.git('init', '--quiet', worktree);
    assert.ok((await stage()).ok);
    assert.equal(await staged(), 'b.txt\nc.txt');
    assert.deepEqual(await workspace.fingerprint(), before);
  });
});
