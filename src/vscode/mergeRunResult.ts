import * as vscode from 'vscode';
import { gitText } from '../git/git.js';
import { mergeResult, undoMerge } from '../git/mergeResult.js';
import type { RunState } from '../state/runState.js';
import { resultOf } from '../state/runResult.js';

/** Merges the result of a run into the branch that is checked out, after asking, and offers to take it back. */
export async function mergeRunResult(run: RunState | undefined): Promise<void> {
  if (run?.root === undefined || run.external) {
    void vscode.window.showInformationMessage('There is no run whose result could be merged.');
    return;
  }
  const { root } = run;
  const result = resultOf(run);
  if (!result.ok) {
    void vscode.window.showInformationMessage(result.error);
    return;
  }
  const merge = 'Merge';
  const answer = await vscode.window.showInformationMessage(
    'Merge the result into the branch that is checked out?',
    { modal: true, detail: `${result.value.message}. Uncommitted work stays as it is.` },
    merge,
  );
  if (answer !== merge) return;
  const { commit, message } = result.value;
  const merged = await mergeResult(root, commit, message);
  if (!merged.ok) throw new Error(gitText(merged.error));
  const end = merged.value;
  switch (end.kind) {
    case 'merged': {
      const undo = 'Undo';
      const asked = await vscode.window.showInformationMessage(`${end.branch} has the result now.`, undo);
      if (asked !== undo) return;
      const undone = await undoMerge(root, end);
      if (undone.ok) void vscode.window.showInformationMessage(`${end.branch} is as it was before the merge.`);
      else void vscode.window.showErrorMessage(undone.error);
      return;
    }
    case 'there':
      void vscode.window.showInformationMessage(`${end.branch} has all of the result already.`);
      return;
    case 'conflicts':
      await offerTerminal(
        root,
        `${end.branch} contradicts the result in ${end.files.join(', ')}. Nothing was changed.`,
        commit,
      );
      return;
    case 'refused':
      await offerTerminal(root, end.why, commit);
      return;
  }
}

/** The command is typed, not run: from here on it is the person's own merge. */
async function offerTerminal(cwd: string, message: string, commit: string): Promise<void> {
  const open = 'Merge in terminal';
  if ((await vscode.window.showWarningMessage(message, open)) !== open) return;
  const terminal = vscode.window.createTerminal({ name: 'Merge', cwd });
  terminal.show();
  terminal.sendText(`git merge ${commit}`, false);
}
