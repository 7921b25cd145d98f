import * as vscode from 'vscode';
import type { ContextKeys } from './contributions.js';

/** Sets context keys, each only when it changes. */
export class ContextKeySetter {
  readonly #known = new Map<string, unknown>();

  set<K extends keyof ContextKeys>(key: K, value: ContextKeys[K]): void {
    if (this.#known.get(key) === value) return;
    this.#known.set(key, value);
    void vscode.commands.executeCommand('setContext', key, value);
  }
}
