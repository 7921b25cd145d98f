import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Ends every process whose environment holds the mark, and their children: first asking, then by force. Waits until they are gone. */
export async function endProcesses(mark: string, { grace }: { grace: number }): Promise<void> {
  if (await endWith('SIGTERM', mark, grace)) return;
  if (await endWith('SIGKILL', mark, 10_000)) return;
  throw new Error(`Still alive after SIGKILL: ${(await marked(mark)).join(', ')}`);
}

async function endWith(signal: 'SIGTERM' | 'SIGKILL', mark: string, limit: number): Promise<boolean> {
  const deadline = performance.now() + limit;
  const signalled = new Set<number>();
  for (;;) {
    const alive = await marked(mark);
    if (alive.length === 0) return true;
    if (performance.now() > deadline) return false;
    for (const pid of alive) {
      if (signalled.has(pid)) continue;
      signalled.add(pid);
      signalProcess(pid, signal);
    }
    await delay(50);
  }
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

// The mark survives what the process tree does not: a terminal's shell and a coordinator change session and parent.
async function marked(mark: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = new Map<number, number>();
  const found = new Set<number>();
  await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
      const [state, parent] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
      if (!state || state === 'Z' || pid === process.pid) return;
      parents.set(pid, Number(parent));
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      if (environment.includes(mark)) found.add(pid);
    }),
  );
  const isMarked = (pid: number | undefined): boolean =>
    pid !== undefined && (found.has(pid) || isMarked(parents.get(pid)));
  return [...parents.keys()].filter(isMarked);
}
