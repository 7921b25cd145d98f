import * as vscode from 'vscode';
import * as z from 'zod';
import { intentName } from '../events/catalogue.js';
import { describe } from '../events/envelope.js';
import { clientFrame, type ClientFrame, type HubFrame } from '../events/frames.js';
import type { Logger } from '../primitives/logger.js';
import type { HubSnapshot } from '../state/snapshot.js';
import { dashboardView } from './contributions.js';
import { dashboardHtml } from './dashboardHtml.js';
import type { RunControl } from './runControl.js';
import type { RunStore } from './runStore.js';

const fromWebview = z.union([z.object({ op: z.literal('ready') }), clientFrame]);

type ToWebview = HubFrame<HubSnapshot>;

/**
 * The dashboard: at most one panel. It is one more client of the hub, with the same frames over postMessage: a whole
 * snapshot when its page is there, then events. A hidden page is gone and asks again when it comes back.
 */
export class DashboardPanel implements vscode.WebviewPanelSerializer, vscode.Disposable {
  #panel: vscode.WebviewPanel | undefined;
  readonly #dist: vscode.Uri;
  readonly #subscriptions: vscode.Disposable[];

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly store: RunStore,
    private readonly control: RunControl,
    private readonly onShown: () => void,
    private readonly logger: Logger,
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

  show(): void {
    if (this.#panel) {
      this.#panel.reveal();
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
    const frame = fromWebview.safeParse(message);
    if (!frame.success) {
      this.logger.warn(`The dashboard sent something else than a frame: ${describe(frame.error, [])}`);
    } else if (frame.data.op === 'ready') {
      this.#sendAll();
    } else {
      this.#send(await this.#answer(frame.data));
    }
  }

  async #answer(frame: ClientFrame): Promise<ToWebview> {
    const id = frame.id === undefined ? {} : { id: frame.id };
    const intent = intentName.safeParse(frame.op.replace(/^run\./, ''));
    if (!('run_id' in frame) || !intent.success) {
      return { op: 'error', ...id, code: 'INVALID_FRAME', message: `The dashboard has no use for ${frame.op}.` };
    }
    const run = this.store.run(frame.run_id);
    if (!run) return { op: 'error', ...id, code: 'UNKNOWN_RUN', message: 'This run is not known.' };
    const asked = await this.control.request(run, { ...frame, intent: intent.data });
    if (!asked.ok) return { op: 'error', ...id, code: 'UNAVAILABLE', message: asked.error };
    return { op: 'ok', ...id, ...(asked.value && { intent_id: asked.value }) };
  }

  #sendAll(): void {
    this.#send({ op: 'init', ...this.store.snapshot() });
  }

  #send(frame: ToWebview): void {
    if (this.#panel?.visible) void this.#panel.webview.postMessage(frame);
  }

  /** Leaves the panel: after a reload of the window it is handed to the next one. */
  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}
