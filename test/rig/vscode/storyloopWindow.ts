import type { Page } from 'playwright-core';
import type { Envelope } from '../../../src/events/envelope.js';
import type { HubSnapshot } from '../../../src/state/snapshot.js';
import { hubOf } from '../hubProcess.js';
import { until } from '../waiting.js';
import type { Workspace } from '../workspace.js';
import { startServer, type Server } from './server.js';
import { Workbench, type TreeRow } from './workbench.js';

/** The folder with the installed extension, as `npm test` hands it over. */
export function installedExtension(): string {
  const folder = process.env['STORYLOOP_EXTENSIONS'];
  if (folder === undefined) throw new Error('STORYLOOP_EXTENSIONS names no folder; run this through npm test');
  return folder;
}

/** A VS Code with Storyloop installed and a repository open, as a user has it. */
export class StoryloopWindow implements AsyncDisposable {
  constructor(
    readonly server: Server,
    readonly workbench: Workbench,
  ) {}

  /** Command Palette → Start PRD run → the dialog with what will be executed. */
  async startRun(): Promise<void> {
    await this.workbench.openView('Storyloop');
    await this.workbench.runCommand('Storyloop: Start PRD run');
    await this.workbench.dialogButton('Start run');
  }

  async stories(): Promise<TreeRow[]> {
    return (await this.workbench.treeRows()).filter(({ level }) => level === 1);
  }

  /** Opens the dashboard if it is not there, and waits until it says something that fits. */
  async dashboardText(fits: RegExp): Promise<void> {
    const tab = this.workbench.page.getByRole('tab', { name: /dashboard/i });
    if ((await tab.count()) === 0) await this.workbench.runCommand('Storyloop: Open dashboard');
    await this.workbench.webviewFrame().getByText(fits).first().waitFor();
  }

  /**
   * The dashboard in a browser, by the link that the command copies: VS Code runs on a server here, whose proxy would
   * lead a browser astray.
   */
  async openInBrowser(): Promise<Page> {
    const { page } = this.workbench;
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await this.workbench.runCommand('Storyloop: Open dashboard in browser');
    await this.workbench.notificationButton('Copy link');
    const link = await until('the link', async () => {
      const text = await page.evaluate<string>('navigator.clipboard.readText()');
      return /ticket=/.test(text) && text;
    });
    const browser = await page.context().browser()?.newPage();
    if (!browser) throw new Error('Internal error: a window without a browser');
    await browser.goto(link);
    await browser.getByText('No runs yet').waitFor();
    await page.bringToFront();
    return browser;
  }

  /** What the hub answers to any client. */
  async hubState(): Promise<HubSnapshot> {
    return (await this.#get<{ state: HubSnapshot }>('/api/state')).state;
  }

  /** All events of a run, as the hub's log has them. */
  async hubLog(runId: string): Promise<readonly Envelope[]> {
    return (await this.#get<{ events: Envelope[] }>(`/api/events?run=${runId}&limit=1000`)).events;
  }

  async #get<T>(route: string): Promise<T> {
    const { port, token } = await hubOf(this.server.storyloopHome);
    const answer = await fetch(`http://127.0.0.1:${port}${route}`, { headers: { authorization: `Bearer ${token}` } });
    return (await answer.json()) as T;
  }

  /** Trusts the open folder, as its owner. */
  async trust(): Promise<void> {
    await this.workbench.runCommand('Workspaces: Manage Workspace Trust');
    await this.workbench.page.getByRole('button', { name: 'Trust', exact: true }).first().click();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.workbench.close();
    await this.server.stop();
  }
}

export async function openStoryloop(
  workspace: Workspace,
  settings: Readonly<Record<string, unknown>> = {},
  env: Readonly<Record<string, string>> = {},
  extensionsDir = installedExtension(),
): Promise<StoryloopWindow> {
  const server = await startServer({
    extensionsDir,
    env: { ...env, STORYLOOP_HOME: workspace.home },
    settings: {
      'storyloop.agent': 'scripted',
      'storyloop.agents.scripted.script': workspace.script,
      'storyloop.hub.port': 0,
      ...settings,
    },
  });
  try {
    return new StoryloopWindow(server, await Workbench.open(server, { folder: workspace.root }));
  } catch (error) {
    await server.stop();
    throw error;
  }
}
