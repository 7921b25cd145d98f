import * as vscode from 'vscode';
import { dashboardView } from './contributions.js';
import { dashboardHtml } from './dashboardHtml.js';
import type { DashboardFrame } from './dashboardRequests.js';
import type { RunControl } from './runControl.js';
import type { RunStore } from './runStore.js';
import type { WindowFolders } from './windowFolders.js';

/**
 * The dashboard: at most one panel. It is one more client of the hub, with the same frames over postMessage: a whole
 * snapshot when its page is there, then events. A hidden page is gone and asks again when it comes back.
 */
export class DashboardPanel implements vscode.WebviewPanelSerializer, vscode.Disposable {
  #panel: vscode.WebviewPanel | undefined;
  /** The run to show as soon as the page is there. */
  #selected: string | undefined;
  readonly #dist: vscode.Uri;
  readonly #subscriptions: vscode.Disposable[];

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly store: RunStore,
    private readonly folders: WindowFolders,
    private readonly control: () => Promise<RunControl>,
    private readonly onShown: () => void,
  ) {
    this.#dist = vscode.Uri.joinPath(extensionUri, 'dist');
    this.#subscriptions = [
      vscode.window.registerWebviewPanelSerializer(dashboardView, this),
      store.onDidReceive((event) => {
        this.#send({ op: 'event', s: [], event });
      }),
      store.onDidRestart(() => {
        this.#sendAll();
      }),
    ];
  }

  /** With `runId`, shows that run. */
  show(runId?: string): void {
    this.#selected = runId;
    if (this.#panel) {
      this.#panel.reveal();
      this.#select();
      return;
    }
    this.#adopt(vscode.window.createWebviewPanel(dashboardView, 'Storyloop', vscode.ViewColumn.Active));
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    this.#adopt(panel);
    return Promise.resolve();
  }

  #adopt(panel: vscode.WebviewPanel): void {
    this.#panel?.dispose();
    this.#panel = panel;
    panel.onDidDispose(() => {
      if (this.#panel === panel) this.#panel = undefined;
    });
    panel.iconPath = vscode.Uri.joinPath(this.extensionUri, 'media', 'icon.png');
    panel.webview.options = { enableScripts: true, localResourceRoots: [this.#dist] };
    panel.webview.onDidReceiveMessage((message: unknown) => {
      void this.#receive(message);
    });
    panel.webview.html = dashboardHtml(panel.webview, this.#dist);
    this.onShown();
  }

  async #receive(message: unknown): Promise<void> {
    // Loaded on first use: activation does not pay for the schemas.
    const { answerDashboard } = await import('./dashboardRequests.js');
    const answer = await answerDashboard(message, this.store, this.control);
    this.#send(answer);
    if (answer.op === 'init') this.#select();
  }

  #select(): void {
    if (this.#selected === undefined || !this.#panel?.visible) return;
    this.#send({ op: 'select', run_id: this.#selected });
    this.#selected = undefined;
  }

  #sendAll(): void {
    this.#send({ op: 'init', ...this.store.snapshot() });
  }

  #send(frame: DashboardFrame): void {
    if (!this.#panel?.visible) return;
    // The hub serves all windows; the page shows the runs of this one's folders first.
    void this.#panel.webview.postMessage(frame.op === 'init' ? { ...frame, folders: this.folders.paths } : frame);
  }

  /** Leaves the panel: after a reload of the window it is handed to the next one. */
  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}
