import * as vscode from 'vscode';
import type { ShownStatus } from '../state/liveness.js';
import type { RunState } from '../state/runState.js';
import { isLive } from '../state/selectors.js';
import type { RunStore } from './runStore.js';
import type { WindowFolders } from './windowFolders.js';

export interface WindowRunChange {
  /** Stories of the run that were touched; undefined when everything may be different. */
  readonly stories: ReadonlySet<string> | undefined;
}

/**
 * The run of this window: the one that a person picked, until another begins; else the newest live one of its folders,
 * else the newest of its folders. An external run that belongs to no folder is shown where it is the latest that happened.
 */
export class WindowRun implements vscode.Disposable {
  #current: RunState | undefined;
  #status: ShownStatus | undefined;
  #picked: { readonly runId: string; readonly newest: string | undefined } | undefined;
  readonly #changed = new vscode.EventEmitter<WindowRunChange>();
  readonly #subscriptions: vscode.Disposable[];
  readonly onDidChange = this.#changed.event;

  constructor(
    private readonly store: RunStore,
    private readonly folders: WindowFolders,
  ) {
    this.#subscriptions = [
      store.onDidChange(({ runs, reset }) => {
        this.#update(reset ? undefined : runs);
      }),
      vscode.workspace.onDidChangeWorkspaceFolders(() => {
        this.#update(undefined);
      }),
    ];
  }

  get run(): RunState | undefined {
    return this.#current;
  }

  get status(): ShownStatus | undefined {
    return this.#current && this.statusOf(this.#current);
  }

  statusOf(run: RunState): ShownStatus {
    return this.store.statusOf(run);
  }

  /** Whether a person wants to see this run, whatever the PRD says by now. */
  get isPicked(): boolean {
    return this.#picked !== undefined;
  }

  /** What can be picked, newest first. */
  get history(): RunState[] {
    return this.store.runs.filter(({ root, external }) => (root === undefined ? external : this.folders.has(root)));
  }

  pick(runId: string): void {
    this.#picked = { runId, newest: this.#own()[0]?.id };
    this.#update(undefined);
  }

  /** Runs of this window's folders that a coordinator executes. */
  executed(): RunState[] {
    return this.#own().filter((run) => isLive({ status: this.statusOf(run) }));
  }

  #own(): RunState[] {
    return this.history.filter(({ external }) => !external);
  }

  #choose(): RunState | undefined {
    const own = this.#own();
    if (this.#picked?.newest !== own[0]?.id) this.#picked = undefined;
    const { history } = this;
    const picked = history.find(({ id }) => id === this.#picked?.runId);
    return picked ?? own.find((run) => isLive({ status: this.statusOf(run) })) ?? history[0];
  }

  #update(touched: ReadonlyMap<string, ReadonlySet<string>> | undefined): void {
    const before = this.#current;
    this.#current = this.#choose();
    const { status } = this;
    const stories = this.#current && touched?.get(this.#current.id);
    const wasTold = this.#status;
    this.#status = status;
    // Whether the run goes on is seen in all of its stories.
    const isOther = before !== this.#current || status !== wasTold;
    if (isOther || touched === undefined) this.#changed.fire({ stories: undefined });
    else if (stories) this.#changed.fire({ stories });
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changed.dispose();
  }
}
