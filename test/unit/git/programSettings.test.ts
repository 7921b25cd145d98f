import assert from 'node:assert/strict';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { changedSettings, programSettings, type ProgramSettings } from '../../../src/git/programSettings.js';
import { openRepository, type Repository } from '../../../src/git/repository.js';
import { Workspace } from '../../rig/workspace.js';

describe('What of a repository’s settings makes git run something', () => {
  let workspace: Workspace;
  let repository: Repository;
  let before: ProgramSettings;
  beforeEach(async () => {
    workspace = await Workspace.create();
    await workspace.write('a.txt', 'a\n');
    await workspace.commit('base');
    const opened = await openRepository(workspace.root);
    assert.ok(opened.ok);
    repository = opened.value;
    before = await settings();
  });
  afterEach(() => workspace[Symbol.asyncDispose]());

  async function settings(): Promise<ProgramSettings> {
    const read = await programSettings(repository);
    assert.ok(read.ok);
    return read.value;
  }

  const changed = async (): Promise<string[]> => changedSettings(before, await settings());

  for (const [key, value] of [
    ['core.hooksPath', '/tmp/evil'],
    ['core.fsmonitor', 'evil'],
    ['core.sshCommand', 'evil'],
    ['alias.st', '!evil'],
    ['filter.x.smudge', 'evil'],
    ['diff.x.textconv', 'evil'],
    ['diff.external', 'evil'],
    ['merge.x.driver', 'evil'],
    ['credential.helper', '!evil'],
    ['include.path', '/tmp/evil'],
    ['includeIf.gitdir:/.path', '/tmp/evil'],
    ['gpg.program', 'evil'],
    ['url.https://evil/.insteadOf', 'https://good/'],
    ['remote.origin.uploadpack', 'evil'],
  ] as const) {
    it(`is ${key}`, async () => {
      await workspace.git('config', key, value);
      assert.equal((await changed()).length, 1);
      await workspace.git('config', '--unset', key);
      assert.deepEqual(await changed(), []);
    });
  }

  it('is each value of a key that has several', async () => {
    await workspace.git('config', '--add', 'credential.helper', 'good');
    before = await settings();
    await workspace.git('config', '--add', 'credential.helper', '!evil');
    assert.deepEqual(await changed(), ['credential.helper']);
  });

  it('is a hook, and the attributes that no commit holds', async () => {
    const hook = path.join(repository.commonDir, 'hooks', 'post-checkout');
    await mkdir(path.dirname(hook), { recursive: true });
    await writeFile(hook, '#!/bin/sh\nevil\n');
    await chmod(hook, 0o755);
    await mkdir(path.join(repository.commonDir, 'info'), { recursive: true });
    await writeFile(path.join(repository.commonDir, 'info', 'attributes'), '* filter=x\n');
    assert.deepEqual(await changed(), ['hook post-checkout', 'info/attributes']);
    before = await settings();
    await writeFile(hook, '#!/bin/sh\nworse\n');
    assert.deepEqual(await changed(), ['hook post-checkout']);
    await rm(hook);
    assert.deepEqual(await changed(), ['hook post-checkout']);
  });

  it('is nothing that editors and git itself write there', async () => {
    await workspace.git('config', 'branch.main.vscode-merge-base', 'origin/main');
    await workspace.git('config', 'remote.origin.url', 'https://example.test/x.git');
    await workspace.git('config', 'user.name', 'Somebody');
    await workspace.git('config', 'gc.auto', '0');
    assert.deepEqual(await changed(), []);
  });
});
