import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import type { Envelope } from '../../src/events/envelope.js';
import type { ClientFrame } from '../../src/events/frames.js';
import { emptyHub, foldHub } from '../../src/state/hubState.js';
import { snapshotHub } from '../../src/state/snapshot.js';
import { CHROMIUM_FLAGS, CHROMIUM_HINT, ensureChromium } from '../setup/chromium.mjs';
import type { HostFrame } from '../../webview-ui/host.js';
import { until } from '../rig/waiting.js';
import { themes, type ThemeName } from './themes.js';

const NONCE = 'bm9uY2U';
const files: Readonly<Record<string, string>> = {
  '/dashboard.js': 'text/javascript',
  '/dashboard.css': 'text/css',
  '/codicon.css': 'text/css',
  '/codicon.ttf': 'font/ttf',
};

/** What the page's scripts find there. */
interface PageGlobals {
  readonly sent: (ClientFrame | { op: 'ready' })[];
  readonly violations: string[];
  readonly touchedStories: Set<string>;
  watchStories(): void;
  /** Resolves after the next frame. */
  drawn(): Promise<void>;
  postMessage(message: unknown, origin: string): void;
}

/** The page as VS Code's webview would have it: same CSP, same theme variables, an `acquireVsCodeApi` that records. */
function page(theme: ThemeName, origin: string): string {
  const { bodyClass, variables } = themes[theme];
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${origin}; font-src ${origin}; img-src ${origin} data:; script-src 'nonce-${NONCE}'">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="codicon.css">
<link rel="stylesheet" href="dashboard.css">
<title>Storyloop</title>
<script nonce="${NONCE}">
  window.violations = [];
  document.addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective + ' ' + event.blockedURI));
  window.addEventListener('error', (event) => violations.push(event.message));
  for (const [name, value] of Object.entries(${JSON.stringify(variables)}))
    document.documentElement.style.setProperty('--vscode-' + name.replaceAll('.', '-'), value);
  window.drawn = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  window.touchedStories = new Set();
  window.watchStories = () => new MutationObserver((changes) => {
    // Clocks tick by themselves.
    for (const { target } of changes.filter(({ target }) => !target.parentElement.closest('.duration')))
      touchedStories.add(target.parentElement.closest('.story')?.querySelector('[data-story]').dataset.story ?? 'list');
  }).observe(document.querySelector('.story-list'), { subtree: true, childList: true, characterData: true, attributes: true });
  window.sent = [];
  window.acquireVsCodeApi = () => {
    delete window.acquireVsCodeApi;
    return {
      postMessage: (message) => sent.push(message),
      getState: () => JSON.parse(sessionStorage.getItem('state') ?? 'null') ?? undefined,
      setState: (state) => sessionStorage.setItem('state', JSON.stringify(state)),
    };
  };
</script>
</head>
<body class="${bodyClass}">
<script nonce="${NONCE}" src="dashboard.js"></script>
</body>
</html>`;
}

/** A dashboard in a browser; the test is its host. */
export class DashboardPage {
  constructor(readonly page: Page) {}

  async frame(...frames: HostFrame[]): Promise<void> {
    await this.page.evaluate((messages) => {
      for (const message of messages) (globalThis as unknown as PageGlobals).postMessage(message, '*');
    }, frames);
  }

  /** The snapshot of the fold of `events`, as the hub sends it. */
  async init(events: readonly Envelope[]): Promise<void> {
    const hub = emptyHub();
    for (const event of events) foldHub(hub, event);
    await this.frame({ op: 'init', state: snapshotHub(hub), events: events.slice(-50), cursor: `t:${events.length}` });
  }

  /** Events as they come from a running hub. */
  async tell(events: readonly Envelope[]): Promise<void> {
    await this.frame({ op: 'events', events: events.map((event) => ({ s: ['s1'], event })) });
  }

  async sent(): Promise<(ClientFrame | { op: 'ready' })[]> {
    return this.page.evaluate(() => (globalThis as unknown as PageGlobals).sent);
  }

  /** The first request that asks for `op`, once it was sent. */
  async request(op: ClientFrame['op']): Promise<ClientFrame> {
    return until(`a request ${op}`, async () =>
      (await this.sent()).find((message): message is ClientFrame => message.op === op),
    );
  }

  /** What the page's CSP refused, and uncaught errors. */
  async violations(): Promise<string[]> {
    return this.page.evaluate(() => (globalThis as unknown as PageGlobals).violations);
  }

  /** The visible text of what `selector` finds, white space made one. */
  async texts(selector: string): Promise<string[]> {
    const texts = await this.page.locator(selector).allInnerTexts();
    return texts.map((text) => text.replaceAll(/\s+/g, ' ').trim());
  }

  /** Resolves after the next frame. */
  async drawn(): Promise<void> {
    await this.page.evaluate(() => (globalThis as unknown as PageGlobals).drawn());
  }

  /** From now on, notes which stories' rows change. */
  async watchStories(): Promise<void> {
    await this.page.evaluate(() => {
      (globalThis as unknown as PageGlobals).watchStories();
    });
  }

  async touchedStories(): Promise<string[]> {
    return this.page.evaluate(() => [...(globalThis as unknown as PageGlobals).touchedStories]);
  }

  /** Waits until the text of the page holds `text`. */
  async shows(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor();
  }
}

/** Serves the built dashboard on loopback, to a Chromium of its own. */
export class DashboardRig implements AsyncDisposable {
  readonly #open: DashboardPage[] = [];

  private constructor(
    readonly server: Server,
    readonly browser: Browser,
  ) {}

  static async start(): Promise<DashboardRig> {
    const executablePath = await ensureChromium();
    if (executablePath === undefined) throw new Error(`This suite ${CHROMIUM_HINT}`);
    const server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
      const type = files[pathname];
      if (type === undefined) {
        response.writeHead(200, { 'content-type': 'text/html' });
        response.end(page((searchParams.get('theme') ?? 'dark') as ThemeName, `http://${request.headers.host ?? ''}`));
        return;
      }
      readFile(path.resolve(`dist${pathname}`)).then(
        (content) => response.writeHead(200, { 'content-type': type }).end(content),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS });
    return new DashboardRig(server, browser);
  }

  /** A fresh page, ready for its first frame. */
  async open(options: { theme?: ThemeName; width?: number; height?: number } = {}): Promise<DashboardPage> {
    const { theme = 'dark', width = 1_100, height = 760 } = options;
    const page = await this.browser.newPage({ viewport: { width, height } });
    await page.goto(`http://127.0.0.1:${(this.server.address() as AddressInfo).port}/?theme=${theme}`);
    const dashboard = new DashboardPage(page);
    this.#open.push(dashboard);
    await until('the dashboard to be ready', async () => (await dashboard.sent()).some(({ op }) => op === 'ready'));
    return dashboard;
  }

  /** Closes all pages of a test, each of which kept its CSP and threw nothing. */
  async closePages(): Promise<void> {
    for (const dashboard of this.#open.splice(0)) {
      assert.deepEqual(await dashboard.violations(), []);
      await dashboard.page.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
