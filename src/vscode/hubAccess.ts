import * as vscode from 'vscode';
import type { AccessOptions } from '../hub/access.js';
import type { SettingTypes } from './contributions.js';

/** Who may come to the hub besides those with the token. Only a person's own settings count, never a folder's. */
export function hubAccess(): AccessOptions {
  const origins: unknown = ofUser('hub.allowedOrigins') ?? [];
  return {
    // Whatever a person wrote there: the hub says what is wrong with it.
    allowedOrigins: (Array.isArray(origins) ? origins : [origins]).map(String),
    allowTokenlessClients: ofUser('hub.allowTokenlessClients') === true,
  };
}

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

function ofUser<K extends keyof SettingTypes>(name: K): SettingTypes[K] | undefined {
  return vscode.workspace.getConfiguration('storyloop').inspect<SettingTypes[K]>(name)?.globalValue;
}
