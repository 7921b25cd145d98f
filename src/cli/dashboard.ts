import { spawn } from 'node:child_process';
import { dashboardLink } from '../client/dashboardLink.js';
import { seekHub } from '../client/provenHub.js';
import { UserPaths } from '../session/paths.js';
import { complain } from './complain.js';
import { ExitCode } from './exitCodes.js';

/** `storyloop dashboard`: prints a link that opens the dashboard in a browser once, or opens it. */
export async function dashboard(options: { readonly open?: boolean }): Promise<ExitCode> {
  const hub = await seekHub(new UserPaths());
  if (!hub.ok) return complain(hub.error, ExitCode.blocked);
  const link = await dashboardLink(hub.value);
  if (!link.ok) return complain(link.error, ExitCode.blocked);
  process.stdout.write(`${link.value}\n`);
  if (options.open && !(await openInBrowser(link.value))) {
    return complain('No browser could be started. Open the link above; it is good once, for a minute.', ExitCode.done);
  }
  return ExitCode.done;
}

/** Whether the platform's way to open a link began; what becomes of it is the browser's. */
function openInBrowser(url: string): Promise<boolean> {
  const [command = '', ...args] = opener(process.platform);
  return new Promise((resolve) => {
    const child = spawn(command, [...args, url], { detached: true, stdio: 'ignore' });
    child.on('error', () => {
      resolve(false);
    });
    child.on('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}

function opener(platform: NodeJS.Platform): readonly string[] {
  if (platform === 'darwin') return ['open'];
  return platform === 'win32' ? ['rundll32', 'url.dll,FileProtocolHandler'] : ['xdg-open'];
}
