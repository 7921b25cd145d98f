import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { carries } from './markers.js';

/** The processes that carry a marker in their environment, and the members of a process group if one is named. */
export interface ProcessTree {
  readonly variable: string;
  readonly marker: string;
  /** Its leader's pid. On Windows, where environments cannot be read, the root of the tree. */
  readonly group?: number;
}

/** From SIGTERM to SIGKILL. */
const GRACE_MS = 5_000;
/** How long SIGKILL is repeated before a process that cannot die is given up. */
const GIVE_UP_MS = 10_000;
const POLL_MS = 20;
const SECOND_LOOK_MS = 10;

/**
 * Ends a tree: SIGTERM to each member, SIGKILL five seconds later, until none is alive. Answers how many there were,
 * not counting those that ended by themselves within `patienceMs`. Never signals the calling process.
 */
export async function endTree(tree: ProcessTree, patienceMs = 0): Promise<number> {
  if (process.platform === 'win32') return endTreeOnWindows(tree);
  const start = performance.now() + patienceMs;
  const signalled = new Set<number>();
  // Two empty looks in a row, a moment apart: a process can hide from one between its fork and its exec.
  for (let empty = 0; empty < 2;) {
    const look = performance.now();
    const alive = await membersOf(tree);
    const tookMs = performance.now() - look;
    const elapsed = performance.now() - start;
    if (elapsed > GRACE_MS + GIVE_UP_MS) break;
    empty = alive.length === 0 ? empty + 1 : 0;
    if (alive.length === 0) {
      if (empty === 1) await delay(SECOND_LOOK_MS);
      continue;
    }
    if (elapsed >= 0) {
      for (const pid of alive) {
        if (elapsed > GRACE_MS) signal(pid, 'SIGKILL');
        else if (!signalled.has(pid)) signal(pid, 'SIGTERM');
        signalled.add(pid);
      }
    }
    // Among thousands of processes it is not all that this one does.
    await delay(Math.max(POLL_MS, 4 * tookMs));
  }
  return signalled.size;
}

/** Bytes that its processes have in memory, what they share counted once; undefined where the system does not tell. */
export async function memoryOf(tree: ProcessTree): Promise<number | undefined> {
  if (process.platform !== 'linux') return undefined;
  return (await membersOf(tree)).reduce((sum, pid) => sum + proportionalBytes(pid), 0);
}

function proportionalBytes(pid: number): number {
  const rollup = fileOfProcess(pid, 'smaps_rollup');
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1_024;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended since we looked, or is not ours to signal.
  }
}

async function membersOf(tree: ProcessTree): Promise<number[]> {
  const members = process.platform === 'linux' ? membersInProc(tree) : await membersByPs(tree);
  return members.filter((pid) => pid !== process.pid);
}

function membersInProc(tree: ProcessTree): number[] {
  const pids = readdirSync('/proc').map(Number);
  return pids.filter((pid) => pid > 0 && isMember(pid, tree));
}

function isMember(pid: number, { variable, marker, group }: ProcessTree): boolean {
  const environment = fileOfProcess(pid, 'environ');
  if (environment.split('\0').some((entry) => carries(entry, variable, marker))) return true;
  if (group === undefined) return false;
  // pid (name) state parent group …: the name may hold anything, a zombie is dead.
  const stat = fileOfProcess(pid, 'stat');
  const [state, , processGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(processGroup) === group && state !== 'Z' && state !== 'X';
}

/** Nothing of one that has ended or is another user's. In one go: these files are in memory, and there are hundreds. */
function fileOfProcess(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return '';
  }
}

/** macOS and BSD: `-E` appends the environment to the command, of the user's own processes. */
async function membersByPs({ variable, marker, group }: ProcessTree): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-E', '-ww', '-o', 'pid=,pgid=,stat=,command='], {
    maxBuffer: 256 * 1024 * 1024,
  });
  return stdout.split('\n').flatMap((row) => {
    const [pid, processGroup, state, ...words] = row.trim().split(/\s+/);
    if (state === undefined || state.startsWith('Z')) return [];
    const member = Number(processGroup) === group || words.some((word) => carries(word, variable, marker));
    return member ? [Number(pid)] : [];
  });
}

async function endTreeOnWindows({ group }: ProcessTree): Promise<number> {
  if (group === undefined) return 0;
  try {
    await promisify(execFile)('taskkill', ['/pid', String(group), '/T', '/F'], { windowsHide: true });
    return 1;
  } catch {
    return 0;
  }
}
