import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { until } from './waiting.js';

const VARIABLE = 'RIG_PROCESS_OF';

/** Processes that the present test started, found by the mark that they inherited (Linux). */
export function processesOfTest(): { pid: number; command: string }[] {
  const mark = `${VARIABLE}=${process.env[VARIABLE] ?? ''}`;
  const found: { pid: number; command: string }[] = [];
  for (const entry of process.platform === 'linux' ? readdirSync('/proc') : []) {
    if (!/^\d+$/.test(entry) || !ofProcess(entry, 'environ').includes(mark)) continue;
    found.push({ pid: Number(entry), command: ofProcess(entry, 'cmdline').replaceAll('\0', ' ').slice(0, 400) });
  }
  return found;
}

// Not asynchronously: that takes seven times as long, and after each of hundreds of tests.
function ofProcess(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // It has ended, or belongs to somebody else.
  }
}

/** Mocha root hooks: whatever a test started must be gone ten seconds after it (invariant 10); else the test fails. */
export const mochaHooks = {
  beforeEach(): void {
    process.env[VARIABLE] = randomUUID();
  },
  async afterEach(): Promise<void> {
    let left: { pid: number; command: string }[] = [];
    try {
      await until('no process of the test to be left', () => (left = processesOfTest()).length === 0, 10_000);
    } catch {
      for (const { pid } of left) process.kill(pid, 'SIGKILL');
      throw new Error(`Left running: ${left.map(({ pid, command }) => `${pid} ${command}`).join('; ')}`);
    }
  },
};
