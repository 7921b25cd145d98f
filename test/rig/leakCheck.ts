import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
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

/** What keeps a process alive, as node names it: sockets, servers, pipes, child processes, watched files, timers. */
const RESOURCES = [
  'TCPSocketWrap',
  'TCPServerWrap',
  'PipeWrap',
  'ProcessWrap',
  'FSEventWrap',
  'StatWatcher',
  'Timeout',
];

/** How many of each kind this process has. */
function openResources(): Map<string, number> {
  const counts = new Map(RESOURCES.map((kind) => [kind, 0]));
  for (const kind of process.getActiveResourcesInfo()) {
    const count = counts.get(kind);
    if (count !== undefined) counts.set(kind, count + 1);
  }
  return counts;
}

let before = openResources();

/** What there is more of than before the test. */
function resourcesOfTest(): string[] {
  return [...openResources()].flatMap(([kind, count]) => {
    const more = count - (before.get(kind) ?? 0);
    return more > 0 ? [`${more} ${kind}`] : [];
  });
}

let outerTemporary: string | undefined;

/**
 * Mocha root hooks: whatever a test started or opened must be gone ten seconds after it (invariant 10), and whatever a
 * file of tests made in the temporary folder; else the test fails.
 */
export const mochaHooks = {
  beforeAll(): void {
    outerTemporary = process.env['TMPDIR'];
    process.env['TMPDIR'] = mkdtempSync(path.join(os.tmpdir(), 'rig-'));
  },
  async beforeEach(): Promise<void> {
    process.env[VARIABLE] = randomUUID();
    // From here on mocha's own timer for this hook runs, as it does in the other one.
    await Promise.resolve();
    before = openResources();
  },
  async afterEach(): Promise<void> {
    let left: { pid: number; command: string }[] = [];
    try {
      await until('no process of the test to be left', () => (left = processesOfTest()).length === 0, 10_000);
    } catch {
      for (const { pid } of left) process.kill(pid, 'SIGKILL');
      throw new Error(`Left running: ${left.map(({ pid, command }) => `${pid} ${command}`).join('; ')}`);
    }
    let open: string[] = [];
    try {
      await until('nothing to be left open', () => (open = resourcesOfTest()).length === 0, 10_000);
    } catch {
      throw new Error(`Left open: ${open.join(', ')}`);
    }
  },
  afterAll(): void {
    const folder = os.tmpdir();
    if (outerTemporary === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = outerTemporary;
    // Other programs (git, VS Code, Chromium) may leave theirs.
    const left = readdirSync(folder).filter((name) => name.startsWith('storyloop-'));
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    if (left.length > 0) throw new Error(`Left in the temporary folder: ${left.join(', ')}`);
  },
};
