import { readDiscovery, type Discovery } from '../../src/session/discovery.js';
import { UserPaths } from '../../src/session/paths.js';
import { CommandLine } from './commandLine.js';
import { until } from './waiting.js';
import type { Workspace } from './workspace.js';

/** A `storyloop serve --standby` of a workspace's user: the hub, or who waits to be it. */
export class HubProcess implements AsyncDisposable {
  private constructor(readonly command: CommandLine) {}

  /** Resolves when it is the hub, or stands by for one. */
  static async start(workspace: Workspace): Promise<HubProcess> {
    const hub = new HubProcess(new CommandLine(workspace, ['serve', '--standby', '--port', '0']));
    await until('the hub to be there', async () => {
      if (hub.standsBy > 0) return true;
      return (await readDiscovery(new UserPaths(workspace.home)))?.pid === hub.pid;
    });
    return hub;
  }

  get pid(): number {
    return this.command.pid;
  }

  /** For how many hubs it has waited. */
  get standsBy(): number {
    return this.command.output.stderr.split('Stands by').length - 1;
  }

  kill(signal: NodeJS.Signals): void {
    this.command.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill('SIGCONT');
    this.kill('SIGTERM');
    await this.command.ended();
  }
}

/** Where the present hub is, once it is the process `pid` and answers there. */
export function hubOf(home: string, pid?: number): Promise<Discovery> {
  return until(`the hub to be ${pid ?? 'there'}`, async () => {
    const discovery = await readDiscovery(new UserPaths(home));
    if (!discovery || (pid !== undefined && discovery.pid !== pid)) return undefined;
    // A hub that was stopped does not answer, and never would.
    const signal = AbortSignal.timeout(1_000);
    const health = await fetch(`http://127.0.0.1:${discovery.port}/health`, { signal }).catch(() => undefined);
    return health?.ok && discovery;
  });
}
