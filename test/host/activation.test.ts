import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { Terms } from '../../src/records/terms.js';
import { readDiscovery } from '../../src/session/discovery.js';
import { parseHolder } from '../../src/session/holder.js';
import { UserPaths } from '../../src/session/paths.js';
import { commandIds } from '../../src/vscode/contributions.js';
import { until } from '../rig/waiting.js';

const user = new UserPaths();

/** A file of the window's folder, written for one test. */
class WorkspaceFile implements AsyncDisposable {
  readonly uri: vscode.Uri;

  constructor(name: string) {
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    assert.ok(folder, 'the test window has a folder');
    this.uri = vscode.Uri.joinPath(folder.uri, name);
  }

  async write(text: string): Promise<void> {
    await vscode.workspace.fs.writeFile(this.uri, new TextEncoder().encode(text));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await vscode.workspace.fs.delete(this.uri);
  }
}

async function setAutoStart(autoStart: boolean | undefined): Promise<void> {
  const configuration = vscode.workspace.getConfiguration('storyloop');
  await configuration.update('hub.autoStart', autoStart, vscode.ConfigurationTarget.Workspace);
}

const problemsOf = ({ uri }: WorkspaceFile) =>
  vscode.languages.getDiagnostics(uri).filter(({ source }) => source === 'Storyloop');

describe('activation', () => {
  it('registers every command, and opens no port in a window without a PRD', async () => {
    const extension = vscode.extensions.getExtension('storyloop.storyloop');
    assert.ok(extension);
    await extension.activate();
    const commands = new Set(await vscode.commands.getCommands(true));
    for (const id of Object.values(commandIds)) assert.ok(commands.has(id), id);
    assert.equal(await readDiscovery(user), undefined);
  });

  it('shows what is wrong with a PRD at its line and column, and takes it back; the hub waits when it is told to', async () => {
    await setAutoStart(false);
    const file = new WorkspaceFile('shop.prd.json');
    await file.write('{\n  "project": "Shop",\n  "userStories": 7\n}');
    const shown = await until('the problem', () => problemsOf(file)[0]);
    assert.equal(shown.severity, vscode.DiagnosticSeverity.Error);
    assert.deepEqual([shown.range.start.line, shown.range.start.character], [2, 17]);
    await file[Symbol.asyncDispose]();
    await until('the problem to be gone', () => problemsOf(file).length === 0);
    await setAutoStart(undefined);
  });

  it('is followed by the hub as soon as the window has a PRD, and not before', async () => {
    await using file = new WorkspaceFile('prd.json');
    const before = new Date().toISOString();
    await file.write('{ "project": "Shop", "userStories": [] }');
    const { host, port } = await until('the hub', () => readDiscovery(user));
    assert.equal((await fetch(`http://${host}:${port}/health`)).status, 200);
    assert.equal((await fetch(`http://${host}:${port}/api/state`)).status, 401);
    const since = (await new Terms(user.hubTerms, parseHolder).highest())?.holder?.since ?? '';
    assert.ok(since >= before, `the hub began at ${since}, the PRD came at ${before}`);
  });
});
