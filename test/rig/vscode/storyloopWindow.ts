import { access } from 'node:fs/promises';
import { readDiscovery } from '../../../src/session/discovery.js';
import { UserPaths } from '../../../src/session/paths.js';
import type { HubSnapshot } from '../../../src/state/snapshot.js';
import type { Workspace } from '../workspace.js';
import { startServer, type Server } from './server.js';
import { Workbench, type TreeRow } from './workbench.js';

/** The packed extension, as `npm test` hands it over. */
export async function packedExtension(): Promise<string> {
  const vsix = process.env['STORYLOOP_VSIX'];
  if (vsix === undefined) throw new Error('STORYLOOP_VSIX names no packed extension; run this through npm test');
  await access(vsix);
  return vsix;
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

  /** What the hub answers to any client. */
  async hubState(): Promise<HubSnapshot> {
    const discovery = await readDiscovery(new UserPaths(this.server.storyloopHome));
    if (!discovery) throw new Error('There is no hub');
    const headers = { authorization: `Bearer ${discovery.token}` };
    const answer = await fetch(`http://127.0.0.1:${discovery.port}/api/state`, { headers });
    return ((await answer.json()) as { state: HubSnapshot }).state;
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
): Promise<StoryloopWindow> {
  const server = await startServer({
    vsix: await packedExtension(),
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
