import type { Browser, FrameLocator, Locator, Page } from 'playwright-core';
import { launchBrowser } from './browser.js';
import type { Server } from './server.js';
import { type WorkbenchOptions, workbenchUrl } from './workbenchUrl.js';

export interface TreeRow {
  readonly text: string;
  /** What a screen reader says. */
  readonly label: string;
  readonly level: number;
}

/** A window of VS Code, used as a person uses it: by what is on the screen. */
export class Workbench implements AsyncDisposable {
  private constructor(
    readonly page: Page,
    private readonly browser: Browser,
  ) {}

  static async open(server: Server, options: WorkbenchOptions = {}): Promise<Workbench> {
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
      page.setDefaultTimeout(60_000);
      await page.goto(workbenchUrl(server, options));
      const workbench = new Workbench(page, browser);
      await workbench.#untilUp();
      return workbench;
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.browser.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** As a person does it: VS Code saves its layout first, which a mere reload of the page can cut short. */
  async reload(): Promise<void> {
    const loaded = this.page.waitForEvent('load');
    await Promise.all([loaded, this.runCommand('Developer: Reload Window')]);
    await this.#untilUp();
  }

  /** Runs a command by its title in the Command Palette, as soon as the window knows it. */
  async runCommand(title: string): Promise<void> {
    // What was used lately stands first, also when this title is only how its own begins.
    const label = JSON.stringify(title).slice(0, -1);
    const row = this.page
      .locator(`.quick-input-list .monaco-list-row:is([aria-label=${label}"], [aria-label^=${label},"])`)
      .first();
    const deadline = performance.now() + 30_000;
    for (;;) {
      await this.page.keyboard.press('F1');
      // The palette lists the commands known when it opened: one that an extension brings later needs a new palette.
      // What else happens in the window may close it.
      const filled = await succeeds(this.quickInput.fill(`>${title}`, { timeout: 2_000 }));
      if (filled && (await succeeds(row.click({ timeout: 2_000 })))) return;
      if (performance.now() > deadline) throw new Error(`The Command Palette has no "${title}"`);
      await this.page.keyboard.press('Escape');
    }
  }

  /** From the context menu that is open. By keyboard: a menu takes no click for a moment after it opened. */
  async chooseMenuItem(name: string): Promise<void> {
    await this.page.getByRole('menuitem', { name }).hover();
    await this.page.keyboard.press('Enter');
  }

  /** The input of an open Quick Pick or input box. */
  get quickInput(): Locator {
    return this.page.locator('.quick-input-widget:visible input.input');
  }

  /** By the keyboard: what VS Code shows of a row under the mouse lies over it. */
  async pickQuickInput(text: string): Promise<void> {
    const row = this.#quickInputRow(text);
    await row.waitFor();
    while (!(await row.getAttribute('class'))?.split(' ').includes('focused'))
      await this.page.keyboard.press('ArrowDown');
    await this.page.keyboard.press('Enter');
  }

  async dialogText(): Promise<string> {
    return await this.#dialog.locator('.dialog-message-container').innerText();
  }

  async dialogButton(name: string): Promise<void> {
    await this.#dialog.getByRole('button', { name }).click();
  }

  async notificationTexts(): Promise<string[]> {
    return await this.page.locator('.notifications-toasts .notification-list-item-message').allInnerTexts();
  }

  async notificationButton(name: string): Promise<void> {
    await this.page.locator('.notifications-toasts').getByRole('button', { name }).click();
  }

  /** Shows a container of views by its name in the activity bar. */
  async openView(name: string): Promise<void> {
    const tab = this.page.locator('.activitybar').getByRole('tab', { name });
    const title = this.page.locator('.part.sidebar .title-label').filter({ hasText: name });
    await tab.waitFor();
    // A click on the tab of a view that is shown hides it, and a window that was reloaded may show it any moment.
    while (!(await succeeds(title.waitFor({ timeout: 700 })))) await tab.click();
  }

  /** The rows of the trees in the side bar, to wait for or to click. */
  treeRow(text: string | RegExp): Locator {
    return this.#treeRows.filter({ hasText: text });
  }

  async treeRows(): Promise<TreeRow[]> {
    return await this.#treeRows.evaluateAll((rows: RowElement[]) =>
      rows.map((row) => ({
        text: Array.from(row.querySelectorAll('.label-name, .label-description'), (part) => part.textContent).join(' '),
        label: row.getAttribute('aria-label') ?? '',
        level: Number(row.getAttribute('aria-level')),
      })),
    );
  }

  /** A status bar item by its id, or by how its text begins. */
  statusBarItem(idOrPrefix: string): Locator {
    const items = this.page.locator('.statusbar-item');
    return items
      .filter({ hasText: new RegExp(`^\\s*${escaped(idOrPrefix)}`) })
      .or(this.page.locator(`.statusbar-item[id$="${idOrPrefix}"]`))
      .first();
  }

  async statusBarText(idOrPrefix: string): Promise<string> {
    return (await this.statusBarItem(idOrPrefix).innerText()).trim();
  }

  async terminalNames(): Promise<string[]> {
    const names = await this.page.locator('.terminal-tabs-entry .label-name').allInnerTexts();
    return names.map((name) => name.trim());
  }

  /** What the terminals on the screen show, line by line. */
  get terminal(): Locator {
    return this.page.locator('.terminal-wrapper.active .xterm-rows');
  }

  async terminalText(): Promise<string> {
    const lines = await this.terminal.locator('> div').allInnerTexts();
    return lines
      .map((line) => line.replaceAll('\u00a0', ' ').trimEnd())
      .join('\n')
      .trimEnd();
  }

  /** The page inside the webview that is on the screen. */
  webviewFrame(): FrameLocator {
    return this.page.frameLocator('iframe.webview.ready:visible').frameLocator('#active-frame');
  }

  async screenshot(file: string): Promise<void> {
    await this.page.screenshot({ path: file });
  }

  /** The window follows the colour scheme of the system, which is the page's here. */
  async setTheme(kind: 'light' | 'dark'): Promise<void> {
    await this.page.emulateMedia({ colorScheme: kind });
    await this.page.locator(kind === 'light' ? '.monaco-workbench.vs' : '.monaco-workbench.vs-dark').waitFor();
    await this.page.locator('.part.statusbar').evaluate(transitionsOf);
  }

  get #dialog(): Locator {
    return this.page.locator('.monaco-dialog-box');
  }

  get #treeRows(): Locator {
    return this.page.locator('.part.sidebar [role="treeitem"]');
  }

  #quickInputRow(text: string): Locator {
    return this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: text }).first();
  }

  async #untilUp(): Promise<void> {
    await this.page.locator('.monaco-workbench .part.statusbar').waitFor();
    await this.page.locator('.part.activitybar').getByRole('tab').first().waitFor();
  }
}

/** As much of the page's elements as is used: these files are compiled without the types of a browser. */
interface RowElement {
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<{ readonly textContent: string }>;
}

interface AnimatedElement {
  getAnimations(): readonly { readonly finished: Promise<unknown> }[];
}

/** Resolves when the element has its colours: VS Code changes some of them slowly. */
async function transitionsOf(element: AnimatedElement): Promise<void> {
  await Promise.all(element.getAnimations().map(({ finished }) => finished));
}

async function succeeds(action: Promise<void>): Promise<boolean> {
  return await action.then(
    () => true,
    () => false,
  );
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
