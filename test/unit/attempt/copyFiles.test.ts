import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import { copyFiles } from '../../../src/attempt/copyFiles.js';
import { missingCopies } from '../../../src/plan/copies.js';
import { Workspace } from '../../rig/workspace.js';

describe('Files that are copied into a worktree', () => {
  let workspace: Workspace;
  let worktree: string;
  beforeEach(async () => {
    workspace = await Workspace.create();
    worktree = path.join(workspace.root, '.storyloop', 'worktrees', 'run_1', 'US-1-1');
    await workspace.write('.gitignore', '.env*\nnode_modules\n');
    await workspace.write('config/shared.json', 'in git');
    await workspace.commit('base');
    await workspace.git('worktree', 'add', '--quiet', '--detach', worktree);
  });
  afterEach(() => workspace[Symbol.asyncDispose]());

  const copied = (...copy: string[]) => copyFiles({ repository: { root: workspace.root }, config: { copy } }, worktree);

  async function files(...copy: string[]): Promise<readonly string[]> {
    const result = await copied(...copy);
    assert.ok(result.ok, result.ok ? '' : result.error.feedback);
    return result.value;
  }

  /** Why nothing can be copied. */
  async function refusal(...copy: string[]): Promise<string> {
    const result = await copied(...copy);
    assert.ok(!result.ok);
    assert.equal(result.error.reason, 'environment');
    return result.error.feedback;
  }

  const there = (file: string): Promise<string> => readFile(path.join(worktree, file), 'utf8');

  it('are those that are not in git, ignored or not, by path, by glob, or in a folder, with their modes', async () => {
    await workspace.write('.env', 'secret');
    await workspace.write('.env.local', 'more');
    await workspace.write('config/local.json', '{}');
    await workspace.write('keys/deep/a.pem', 'key');
    await chmod(path.join(workspace.root, '.env'), 0o600);
    await chmod(path.join(workspace.root, 'keys/deep/a.pem'), 0o440);
    assert.deepEqual([...(await files('.env*', './config/', 'keys', 'none', 'no*'))].sort(), [
      '.env',
      '.env.local',
      'config/local.json',
      'keys/deep/a.pem',
    ]);
    assert.deepEqual([await there('.env'), await there('keys/deep/a.pem')], ['secret', 'key']);
    const mode = async (file: string): Promise<number> => (await stat(path.join(worktree, file))).mode & 0o777;
    assert.deepEqual([await mode('.env'), await mode('keys/deep/a.pem')], [0o600, 0o440]);
  });

  it('are not those of our own worktrees or of other repositories inside', async () => {
    await workspace.write('.storyloop/worktrees/run_1/US-1-1/.env', 'of an attempt');
    await workspace.write('vendor/lib/.env', 'of another repository');
    await workspace.git('init', '--quiet', path.join(workspace.root, 'vendor/lib'));
    assert.deepEqual(await files('**/.env', '**/*.env'), []);
  });

  it('never take the place of what is in git there', async () => {
    await workspace.git('rm', '--quiet', '--cached', 'config/shared.json');
    await workspace.write('config/shared.json', 'out of git');
    await workspace.write('config/local.json', '{}');
    assert.deepEqual(await files('config'), ['config/local.json']);
    assert.equal(await there('config/shared.json'), 'in git');
  });

  it('are no links and lie behind none, on either side; all are named', async () => {
    await workspace.write('../outside', 'x');
    await symlink(path.join(workspace.folder, 'outside'), path.join(workspace.root, '.env'));
    await symlink('config', path.join(workspace.root, 'conf'));
    assert.match(
      await refusal('.env*', 'conf/local.json'),
      /^copy: conf is a symbolic link; \.env is a symbolic link\./,
    );
    await workspace.write('folder/a', 'x');
    await symlink(workspace.folder, path.join(worktree, 'folder'));
    assert.match(await refusal('folder'), /folder\/a has no place: folder is a symbolic link in git/);
  });

  it('are no other repositories', async () => {
    await mkdir(path.join(workspace.root, 'vendor'));
    await workspace.git('init', '--quiet', path.join(workspace.root, 'vendor'));
    await workspace.write('vendor/a', 'x');
    assert.match(await refusal('vendor'), /vendor\/ is no regular file/);
  });

  it('that a path names and that do not exist are told', async () => {
    await workspace.write('.env', 'x');
    const copy = ['.env', '.env.local', 'none*', 'app/(shop)/.env', 'config/shared.json'];
    assert.deepEqual(await missingCopies(workspace.root, copy), ['.env.local', 'app/(shop)/.env']);
  });
});
