import path from 'node:path';
import * as vscode from 'vscode';
import type { StoryState } from '../state/runState.js';
import { short } from '../state/selectors.js';
import { changesOf, statusWords, type StoryNode } from './storyItems.js';

const scheme = 'storyloop-git';

/** Shows a file as a commit has it: `storyloop-git:<path>?<root and commit>`. */
export class GitDocuments implements vscode.TextDocumentContentProvider {
  static register(): vscode.Disposable {
    return vscode.workspace.registerTextDocumentContentProvider(scheme, new GitDocuments());
  }

  static uri(root: string, commit: string, file: string): vscode.Uri {
    return vscode.Uri.file(path.join(root, file)).with({
      scheme,
      query: new URLSearchParams({ root, commit }).toString(),
    });
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const query = new URLSearchParams(uri.query);
    const [root, commit] = [query.get('root') ?? '', query.get('commit') ?? ''];
    const file = path
      .relative(root, uri.with({ scheme: 'file' }).fsPath)
      .split(path.sep)
      .join('/');
    const { git } = await import('../git/git.js');
    const shown = await git(root, ['cat-file', 'blob', `${commit}:${file}`]);
    return shown.ok ? shown.value : '';
  }
}

/** Opens everything that a story changed as one multi-file diff. Without `node` a person picks the story. */
export async function openStoryChanges(
  stories: readonly StoryState[],
  root: string | undefined,
  node: StoryNode | undefined,
): Promise<void> {
  const story = node ? stories.find(({ id }) => id === node.storyId) : await pickStory(stories);
  if (!story || root === undefined) return;
  const range = changesOf(story);
  if (!range) {
    void vscode.window.showInformationMessage(`${story.id} has no changes yet.`);
    return;
  }
  const files = await changedFiles(root, range.base, range.commit);
  if (files === undefined) {
    void vscode.window.showErrorMessage(`git cannot compare ${short(range.base)} with ${short(range.commit)}.`);
    return;
  }
  const resources = files.map(({ before, after }) => [
    vscode.Uri.file(path.join(root, after ?? before ?? '')),
    before === undefined ? undefined : GitDocuments.uri(root, range.base, before),
    after === undefined ? undefined : GitDocuments.uri(root, range.commit, after),
  ]);
  const title = `${story.id} ${story.title} (${short(range.base)} to ${short(range.commit)})`;
  await vscode.commands.executeCommand('vscode.changes', title, resources);
}

async function pickStory(stories: readonly StoryState[]): Promise<StoryState | undefined> {
  const items = stories
    .filter((story) => changesOf(story))
    .map((story) => ({ label: `${story.id} ${story.title}`, description: statusWords(story), story }));
  const picked = await vscode.window.showQuickPick(items, { placeHolder: 'Story whose changes to open' });
  return picked?.story;
}

interface ChangedFile {
  /** Undefined for a file that was added. */
  readonly before: string | undefined;
  /** Undefined for a file that was deleted. */
  readonly after: string | undefined;
}

async function changedFiles(root: string, base: string, commit: string): Promise<ChangedFile[] | undefined> {
  const { git } = await import('../git/git.js');
  const diff = await git(root, [
    'diff-tree',
    '-r',
    '-z',
    '--no-commit-id',
    '--name-status',
    '--find-renames',
    base,
    commit,
  ]);
  return diff.ok ? parseNameStatus(diff.value) : undefined;
}

/** `M\0file\0R100\0old\0new\0…` */
function parseNameStatus(text: string): ChangedFile[] {
  const fields = text.split('\0');
  const files: ChangedFile[] = [];
  for (let index = 0; index + 1 < fields.length;) {
    const status = fields[index]?.charAt(0) ?? '';
    const name = fields[index + 1] ?? '';
    const isMove = status === 'R' || status === 'C';
    files.push({
      before: status === 'A' ? undefined : name,
      after: status === 'D' ? undefined : isMove ? (fields[index + 2] ?? '') : name,
    });
    index += isMove ? 3 : 2;
  }
  return files;
}
