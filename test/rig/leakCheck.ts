import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { until } from './waiting.js';

const VARIABLE = 'RIG_PROCESS_OF';

/** Processes that the present test started, found by the mark that they inherited (Linux). */
export async function processesOfTest(): Promise<{ pid: number; command: string }[]> {
  const mark = process.env[VARIABLE] ?? '';
  const found: { pid: number; command: string }[] = [];
  for (const entry of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(entry)) continue;
    const environment = await readFile(`/proc/${entry}/environ`, 'latin1').catch(() => '');
    if (!environment.includes(`${VARIABLE}=${mark}`)) continue;
    const command = await readFile(`/proc/${entry}/cmdline`, 'latin1').catch(() => '');
    found.push({ pid: Number(entry), command: command.replaceAll('\0', ' ').slice(0, 400) });
  }
  return found;
}

/** Mocha root hooks: whatever a test started must be gone ten seconds after it (invariant 10); else the test fails. */
export const mochaHooks = {
  beforeEach(): void {
    process.env[VARIABLE] = randomUUID();
  },
  async afterEach(): Promise<void> {
    let left: { pid: number; command: string }[] = [];
    try {
      await until(
        'no process of the test to be left',
        async () => (left = await processesOfTest()).length === 0,
        10_000,
      );
    } catch {
      for (const { pid } of left) process.kill(pid, 'SIGKILL');
      throw new Error(`Left running: ${left.map(({ pid, command }) => `${pid} ${command}`).join('; ')}`);
    }
  },
};
