import path from 'node:path';
import * as vscode from 'vscode';
import type { Logger } from '../primitives/logger.js';
import type { RunState } from '../state/runState.js';
import type { PrdFiles } from './prdFiles.js';
import type { RunProjects } from './runProjects.js';
import type { RunStore } from './runStore.js';
import type { WindowRun } from './windowRun.js';

/** Run id → the term that was asked to hold. Kept over a reload, which may bring the unsaved changes back or not. */
const key = 'storyloop.held';

/**
 * While a person has unsaved changes in a PRD that is being run, the run does not write into that file: VS Code would
 * answer the person's save with a conflict. Released when they are saved or taken back. Only what this window asked for is
 * released by it.
 */
export class PrdHold implements vscode.Disposable {
  readonly #held: Map<string, number>;
  readonly #subscriptions: vscode.Disposable[];
  #asking: Promise<void> = Promise.resolve();

  constructor(
    private readonly window: WindowRun,
    private readonly files: PrdFiles,
    private readonly projects: RunProjects,
    store: RunStore,
    private readonly memory: vscode.Memento,
    private readonly logger: Logger,
  ) {
    this.#held = new Map(Object.entries(memory.get<Record<string, number>>(key, {})));
    const look = (): void => {
      this.#look();
    };
    const lookAt = (document: vscode.TextDocument): void => {
      if (document.uri.path.endsWith('prd.json')) this.#look();
    };
    this.#subscriptions = [
      store.onDidChange(look),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        lookAt(document);
      }),
      vscode.workspace.onDidSaveTextDocument(lookAt),
      vscode.workspace.onDidCloseTextDocument(lookAt),
    ];
  }

  #look(): void {
    for (const run of this.window.executed()) {
      const asked = this.#held.get(run.id);
      const isDirty = this.#isDirty(run);
      if (isDirty && asked !== run.term) this.#ask(run, 'hold');
      else if (!isDirty && asked !== undefined) this.#ask(run, 'release');
    }
  }

  #isDirty({ root, path: file }: RunState): boolean {
    if (root === undefined || file === undefined) return false;
    const prd = this.files.all.find((known) => known.path === path.join(root, file));
    const uri = prd?.uri.toString();
    return vscode.workspace.textDocuments.some((document) => document.isDirty && document.uri.toString() === uri);
  }

  /** In the order in which it was wanted. */
  #ask(run: RunState, intent: 'hold' | 'release'): void {
    if (intent === 'hold') this.#held.set(run.id, run.term);
    else this.#held.delete(run.id);
    this.#asking = this.#asking.then(async () => {
      try {
        await this.memory.update(key, Object.fromEntries(this.#held));
        const project = await this.projects.of(run);
        // Loaded on first use: activation does not pay for it.
        const { dropIntent } = await import('../session/inbox.js');
        if (project) await dropIntent(project.run(run.id), { intent, by: 'VS Code' }, Date.now());
      } catch (error) {
        this.logger.warn(`The PRD file could not be put on ${intent}: ${String(error)}`);
      }
    });
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}
