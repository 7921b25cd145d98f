import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openRepository, type RepositoryProblem } from '../../../src/git/repository.js';
import { Workspace } from '../../rig/workspace.js';

async function problemOf(at: string): Promise<RepositoryProblem> {
  const opened = await openRepository(at);
  assert.ok(!opened.ok, 'a problem was expected');
  return opened.error;
}

describe('openRepository', () => {
  let workspace: Workspace;
  beforeEach(async () => {
    workspace = await Workspace.create('päth with space');
  });
  afterEach(() => workspace[Symbol.asyncDispose]());

  it('finds root, common folder and HEAD from a file in a folder, through a symlink too', async () => {
    await workspace.write('docs/prd.json', '{}');
    await workspace.commit('base');
    const link = path.join(workspace.folder, 'link');
    await symlink(workspace.root, link);
    const opened = await openRepository(path.join(link, 'docs', 'prd.json'));
    assert.deepEqual(opened, {
      ok: true,
      value: {
        root: workspace.root,
        commonDir: path.join(workspace.root, '.git'),
        head: await workspace.git('rev-parse', 'HEAD'),
        identity: {
          ...{ GIT_AUTHOR_NAME: 'Ada Tester', GIT_AUTHOR_EMAIL: 'ada@example.test' },
          ...{ GIT_COMMITTER_NAME: 'Ada Tester', GIT_COMMITTER_EMAIL: 'ada@example.test' },
        },
      },
    });
  });

  it('takes a linked worktree of the user as the checkout, with the common folder of its repository', async () => {
    await workspace.write('a', '');
    await workspace.commit('base');
    const linked = path.join(workspace.folder, 'linked');
    await workspace.git('worktree', 'add', '--quiet', linked);
    const opened = await openRepository(linked);
    assert.ok(opened.ok);
    assert.equal(opened.value.root, linked);
    assert.equal(opened.value.commonDir, path.join(workspace.root, '.git'));
  });

  it('says what to do where no repository is', async () => {
    const plain = path.join(workspace.folder, 'plain');
    await mkdir(plain);
    const problem = await problemOf(plain);
    assert.equal(problem.kind, 'not-a-repository');
    assert.match(problem.message, /git init.*git commit/);
    assert.equal((await problemOf(path.join(plain, 'missing'))).kind, 'not-a-repository');
  });

  it('asks for a first commit', async () => {
    const problem = await problemOf(workspace.root);
    assert.equal(problem.kind, 'no-commits');
    assert.match(problem.message, /git commit/);
  });

  it('refuses a bare repository and the inside of .git', async () => {
    await workspace.write('a', '');
    await workspace.commit('base');
    const bare = path.join(workspace.folder, 'bare');
    execFileSync('git', ['clone', '--quiet', '--bare', workspace.root, bare]);
    assert.equal((await problemOf(bare)).kind, 'bare');
    assert.equal((await problemOf(path.join(workspace.root, '.git'))).kind, 'bare');
  });

  it('asks for an identity with the two commands, and does not take a guessed one', async () => {
    await workspace.write('a', '');
    await workspace.commit('base');
    await workspace.git('config', '--unset', 'user.email');
    const empty = path.join(workspace.folder, 'gitconfig');
    await writeFile(empty, '');
    const before = process.env.GIT_CONFIG_GLOBAL;
    process.env.GIT_CONFIG_GLOBAL = empty;
    try {
      const problem = await problemOf(workspace.root);
      assert.equal(problem.kind, 'no-identity');
      assert.match(problem.message, /git config --global user\.name .*git config --global user\.email /);
    } finally {
      if (before === undefined) delete process.env.GIT_CONFIG_GLOBAL;
      else process.env.GIT_CONFIG_GLOBAL = before;
    }
  });

  it('names git when it is missing', async () => {
    const before = process.env.PATH;
    process.env.PATH = '/nonexistent';
    try {
      const problem = await problemOf(workspace.root);
      assert.equal(problem.kind, 'git-missing');
      assert.match(problem.message, /Install git/);
    } finally {
      process.env.PATH = before;
    }
  });
});
