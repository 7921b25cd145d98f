import * as vscode from 'vscode';
import type { SettingTypes } from './contributions.js';

export function setting<K extends keyof SettingTypes>(name: K): SettingTypes[K] {
  // package.json gives every setting a default.
  return vscode.workspace.getConfiguration('storyloop').get<SettingTypes[K]>(name) as SettingTypes[K];
}
