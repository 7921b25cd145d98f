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

/** The run of this window: the newest live one of its folders, else the newest of its folders. */
export class WindowRun implements vscode.Disposable {
  #current: RunState | undefined;
  #status: ShownStatus | undefined;
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

  #own(): RunState[] {
    return this.store.runs.filter(({ root }) => root !== undefined && this.folders.has(root));
  }

  #update(touched: ReadonlyMap<string, ReadonlySet<string>> | undefined): void {
    const own = this.#own();
    const before = this.#current;
    this.#current = own.find((run) => isLive({ status: this.statusOf(run) })) ?? own[0];
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
