import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { runConfig } from '../../src/vscode/runConfig.js';

const here = (): vscode.Uri => {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  assert.ok(folder, 'the test window has a folder');
  return folder.uri;
};

async function set(name: string, value: unknown): Promise<void> {
  await vscode.workspace
    .getConfiguration('storyloop', here())
    .update(name, value, vscode.ConfigurationTarget.Workspace);
}

describe('the settings of a run', () => {
  afterEach(async () => {
    for (const name of ['attempts', 'gates', 'agents.command.argv']) await set(name, undefined);
  });

  it('leave out what nobody set, so that the repository and the user can say it in their files', () => {
    assert.deepEqual(runConfig(here()), { ok: true, value: {} });
  });

  it('carry what a person set, under the names of the configuration', async () => {
    await set('attempts', 5);
    const gates = { test: ['npm', 'test'], audit: { command: ['npm', 'audit'], required: false } };
    await set('gates', gates);
    await set('agents.command.argv', ['agent', '{prompt_file}']);
    assert.deepEqual(runConfig(here()), {
      ok: true,
      value: {
        attempts: 5,
        gates,
        agents: { command: { argv: ['agent', '{prompt_file}'] } },
      },
    });
  });

  it('say which one is wrong', async () => {
    await set('gates', { test: [] });
    const config = runConfig(here());
    assert.ok(!config.ok);
    assert.match(config.error, /^Setting storyloop\.gates\.test: /);
  });
});
