import * as vscode from 'vscode';
import type { AccessOptions } from '../hub/access.js';

/** Says, as often as this window becomes the hub, that it is open. */
export function warnWhenOpen({ allowTokenlessClients = false }: AccessOptions): void {
  if (!allowTokenlessClients) return;
  const action = 'Open setting';
  const message =
    'Storyloop: every program on this machine may read all events and publish, without a token, because you allow tokenless clients.';
  void vscode.window.showWarningMessage(message, action).then((answer) => {
    if (answer === action)
      void vscode.commands.executeCommand('workbench.action.openSettings', 'storyloop.hub.allowTokenlessClients');
  });
}
