import { realpathSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';

/** The folders of this window, as the file system knows them: runs name canonical paths. */
export class WindowFolders implements vscode.Disposable {
  #canonical: string[] | undefined;
  readonly #subscription = vscode.workspace.onDidChangeWorkspaceFolders(() => {
    this.#canonical = undefined;
  });

  get paths(): readonly string[] {
    this.#canonical ??= (vscode.workspace.workspaceFolders ?? [])
      .filter(({ uri }) => uri.scheme === 'file')
      .map(({ uri }) => canonical(uri.fsPath));
    return this.#canonical;
  }

  /** Whether a repository is open here, wholly or in part. */
  has(root: string): boolean {
    return this.paths.some((folder) => contains(folder, root) || contains(root, folder));
  }

  dispose(): void {
    this.#subscription.dispose();
  }
}

function canonical(folder: string): string {
  try {
    return realpathSync.native(folder);
  } catch {
    return folder;
  }
}

function contains(folder: string, inner: string): boolean {
  const relative = path.relative(folder, inner);
  return relative === '' || (relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative));
}
