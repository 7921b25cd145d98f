import assert from 'node:assert/strict';
import { chmod } from 'node:fs/promises';
import path from 'node:path';
import { resolveGates } from '../../../src/plan/gates.js';
import { Workspace } from '../../rig/workspace.js';

describe('The gates of a repository', () => {
  const { PATH } = process.env;
  let workspace: Workspace;
  beforeEach(async () => {
    workspace = await Workspace.create();
    process.env['PATH'] = `${path.join(workspace.folder, 'bin')}${path.delimiter}${PATH ?? ''}`;
  });
  afterEach(async () => {
    process.env['PATH'] = PATH;
    await workspace[Symbol.asyncDispose]();
  });

  async function install(program: string): Promise<void> {
    const file = path.join(workspace.folder, 'bin', process.platform === 'win32' ? `${program}.cmd` : program);
    await workspace.write(file, '');
    await chmod(file, 0o755);
  }

  const texts = async (config: Parameters<typeof resolveGates>[1] = {}) =>
    (await resolveGates(workspace.root, config)).map(({ name, text, required }) => [name, text, required]);

  it('have an audit that only warns for each lock file or manifest whose program is there', async () => {
    for (const file of ['package-lock.json', 'requirements.txt', 'pyproject.toml', 'Cargo.lock']) {
      await workspace.write(file, '');
    }
    await install('npm');
    assert.deepEqual(await texts(), [['security', 'npm audit --json', false]]);
    await install('pip-audit');
    await install('cargo-audit');
    assert.deepEqual(await texts(), [
      ['security', 'npm audit --json', false],
      ['security-pip', 'pip-audit --format json --progress-spinner off --requirement requirements.txt', false],
      ['security-cargo', 'cargo audit --json', false],
    ]);
  });

  it('have no audit when the user configured gates, or switched it off', async () => {
    await workspace.write('package-lock.json', '');
    await install('npm');
    assert.deepEqual(await texts({ gates: { unit: ['make'] } }), [['unit', 'make', true]]);
    assert.deepEqual(await texts({ securityScan: false }), []);
  });

  it('begin with the pre-commit hook, unless one is configured by this name', async () => {
    await workspace.write('.git/hooks/pre-commit', '#!/bin/sh\n');
    await chmod(path.join(workspace.root, '.git/hooks/pre-commit'), 0o755);
    const unit: readonly [string, string, boolean] = ['unit', 'make', true];
    const [[name, text] = [], second] = await texts({ gates: { unit: ['make'] } });
    assert.deepEqual([name, second], ['pre-commit', [...unit]]);
    assert.match(String(text), /^git hook run pre-commit → \.git\/hooks\/pre-commit \(sha256 [0-9a-f]{32}\)$/);
    assert.deepEqual(await texts({ gates: { 'pre-commit': ['make', 'lint'] } }), [['pre-commit', 'make lint', true]]);
  });
});
