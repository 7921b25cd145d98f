import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type * as vscode from 'vscode';
import { writeAtomically } from '../session/atomicFile.js';

/**
 * Makes `storyloop` a command in this window's integrated terminals, run by VS Code's own Node. Nothing of the user's
 * system changes; the launcher lies in the extension's storage.
 */
export async function putOnPath(context: vscode.ExtensionContext, cli: string): Promise<void> {
  const folder = path.join(context.globalStorageUri.fsPath, 'bin');
  const launcher = launcherFor(process.platform, process.execPath, cli);
  const file = path.join(folder, launcher.name);
  const current = await readFile(file, 'utf8').catch(() => undefined);
  if (current !== launcher.content) await writeAtomically(file, launcher.content, 0o755);
  const environment = context.environmentVariableCollection;
  environment.description = 'Makes the `storyloop` command available';
  environment.prepend('PATH', folder + path.delimiter);
}

function launcherFor(platform: NodeJS.Platform, node: string, cli: string): { name: string; content: string } {
  if (platform === 'win32') {
    const quoted = (file: string) => `"${file.replaceAll('%', '%%')}"`;
    const lines = ['@echo off', 'setlocal', 'set ELECTRON_RUN_AS_NODE=1', `${quoted(node)} ${quoted(cli)} %*`, ''];
    return { name: 'storyloop.cmd', content: lines.join('\r\n') };
  }
  const quoted = (file: string) => `'${file.replaceAll("'", `'\\''`)}'`;
  const lines = ['#!/bin/sh', `ELECTRON_RUN_AS_NODE=1 exec ${quoted(node)} ${quoted(cli)} "$@"`, ''];
  return { name: 'storyloop', content: lines.join('\n') };
}
