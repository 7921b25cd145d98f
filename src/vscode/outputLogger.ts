import * as vscode from 'vscode';
import type { Logger } from '../primitives/logger.js';

/** The extension's log, as VS Code's own: the level is the user's to choose. */
export class OutputLogger implements Logger, vscode.Disposable {
  readonly #channel = vscode.window.createOutputChannel('Storyloop', { log: true });

  debug(message: string): void {
    this.#channel.debug(message);
  }
  info(message: string): void {
    this.#channel.info(message);
  }
  warn(message: string): void {
    this.#channel.warn(message);
  }
  error(message: string): void {
    this.#channel.error(message);
  }

  show(): void {
    this.#channel.show();
  }

  dispose(): void {
    this.#channel.dispose();
  }
}
