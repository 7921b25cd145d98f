import assert from 'node:assert/strict';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { StoryState } from '../../src/state/runState.js';
import { openStoryChanges } from '../../src/vscode/storyChanges.js';
import { until } from '../rig/waiting.js';
import { Workspace } from '../rig/workspace.js';

/** Documents that show a file as a commit has it: `<file>@<commit>` → text. */
function shownFiles(): Record<string, string> {
  const documents = vscode.workspace.textDocuments.filter(({ uri }) => uri.scheme === 'storyloop-git');
  return Object.fromEntries(
    documents.map((document) => {
      const commit = new URLSearchParams(document.uri.query).get('commit') ?? '';
      return [`${path.basename(document.uri.path)}@${commit}`, document.getText()];
    }),
  );
}

describe('the changes of a story', () => {
  it('are every file between the base of its last attempt and its commit, as git has them', async () => {
    await using workspace = await Workspace.create();
    await workspace.write('changed.txt', 'before\n');
    await workspace.write('gone.txt', 'gone\n');
    await workspace.write('old name.txt', 'one\ntwo\nthree\nfour\n');
    await workspace.commit('base');
    const base = await workspace.git('rev-parse', 'HEAD');
    await workspace.write('changed.txt', 'after\n');
    await workspace.write('added.txt', 'added\n');
    await rm(path.join(workspace.root, 'gone.txt'));
    await rename(path.join(workspace.root, 'old name.txt'), path.join(workspace.root, 'new.txt'));
    await workspace.commit('story');
    const commit = await workspace.git('rev-parse', 'HEAD');
    await workspace.write('changed.txt', 'not of the story\n');
    const story: StoryState = {
      id: 'US-1',
      title: 'Story',
      priority: 1,
      dependsOn: [],
      status: 'completed',
      criteria: [],
      attempts: [{ attempt: 1, startedAt: '', base }],
      gates: [],
      commands: [],
      commits: [commit],
    };
    await openStoryChanges([story], workspace.root, { kind: 'story', storyId: 'US-1' });
    const expected = {
      [`added.txt@${commit}`]: 'added\n',
      [`changed.txt@${base}`]: 'before\n',
      [`changed.txt@${commit}`]: 'after\n',
      [`gone.txt@${base}`]: 'gone\n',
      [`new.txt@${commit}`]: 'one\ntwo\nthree\nfour\n',
      [`old name.txt@${base}`]: 'one\ntwo\nthree\nfour\n',
    };
    await until('all files', () => Object.keys(shownFiles()).length >= Object.keys(expected).length);
    assert.deepEqual(shownFiles(), expected);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });
});
