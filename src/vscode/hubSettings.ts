import * as vscode from 'vscode';
import { settingScopes, type SettingTypes } from './contributions.js';

const prefix = 'hub.';

/**
 * What the user set for the hub, by the names of its configuration. Only for the machine: what a workspace says is passed over,
 * should VS Code ever tell it. What nobody set is left out, so that the file and the environment still count.
 */
export function hubSettings(): Readonly<Record<string, unknown>> {
  const configuration = vscode.workspace.getConfiguration('storyloop');
  const names = (Object.keys(settingScopes) as (keyof SettingTypes)[]).filter(
    (name) => name.startsWith(prefix) && settingScopes[name] === 'machine',
  );
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = configuration.inspect(name)?.globalValue;
      return value === undefined ? [] : [[name.slice(prefix.length), value]];
    }),
  );
}
