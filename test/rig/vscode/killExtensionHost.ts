import { readFileSync } from 'node:fs';
import { until } from '../waiting.js';

/**
 * Ends an extension host as a crash does. VS Code's server, its parent, stands still until it is dead: the page connects anew
 * at once, and a server that has not noticed yet gives that connection to the dead process. The page then waits for
 * 20 seconds, and on a busy machine for minutes, until it gives up and gets another extension host.
 */
export async function killExtensionHost(pid: number): Promise<void> {
  const { parent } = statusOf(pid);
  process.kill(parent, 'SIGSTOP');
  try {
    process.kill(pid, 'SIGKILL');
    await until('the extension host to be dead', () => statusOf(pid).state === 'Z');
  } finally {
    process.kill(parent, 'SIGCONT');
  }
}

/** As in proc_pid_stat(5): what follows the name, which may hold anything, in parentheses. */
function statusOf(pid: number): { readonly state: string; readonly parent: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const [state = '', parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state, parent: Number(parent) };
}
