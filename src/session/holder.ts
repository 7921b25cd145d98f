import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import os from 'node:os';
import * as z from 'zod';
import { errorCode } from '../primitives/errorCode.js';

/** Who owns something, precisely enough to tell a living owner from a reused pid. */
export const holderSchema = z.object({
  pid: z.number().int().positive(),
  /** Start time of the process as the system counts it; with the pid it names one process. Empty where unknown. */
  start_time: z.string(),
  boot_id: z.string(),
  pid_namespace: z.string(),
  host: z.string(),
  /** When it became the owner, ISO 8601. */
  since: z.string(),
  /** What it does, for people: "storyloop run", "storyloop serve", "VS Code". */
  role: z.string(),
  run_id: z.string().optional(),
  instance: z.string(),
});
export type Holder = z.infer<typeof holderSchema>;

export function parseHolder(value: unknown): Holder | undefined {
  return holderSchema.safeParse(value).data;
}

/** Describes the calling process. */
export function currentHolder(role: string, runId?: string): Holder {
  return {
    pid: process.pid,
    start_time: processStart(process.pid) ?? '',
    ...thisSystem(),
    since: new Date().toISOString(),
    role,
    ...(runId === undefined ? {} : { run_id: runId }),
    instance: randomUUID(),
  };
}

/** `foreign`: another pid namespace or host, so that only a heartbeat can tell. */
export type Liveness = 'alive' | 'dead' | 'foreign';

export function liveness(holder: Holder): Liveness {
  const here = thisSystem();
  const sameNamespace = holder.pid_namespace === here.pid_namespace;
  // A boot id names one running kernel, whatever the machine calls itself on today's network.
  const sameSystem = here.boot_id === '' ? holder.host === here.host : holder.boot_id === here.boot_id;
  if (sameSystem) return !sameNamespace ? 'foreign' : isProcessAlive(holder.pid, holder.start_time) ? 'alive' : 'dead';
  return sameNamespace && holder.host === here.host ? 'dead' : 'foreign'; // before this machine was last started
}

/** Whether the process with this pid that started at this time (as {@link Holder.start_time}; empty: any) still runs. */
export function isProcessAlive(pid: number, startTime: string): boolean {
  if (!hasPid(pid)) return false;
  const start = processStart(pid);
  // A zombie does nothing any more, and another start time is another process with a reused pid.
  return start !== undefined && (start === '' || startTime === '' || start === startTime);
}

function hasPid(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) === 'EPERM'; // it is there, and somebody else's
  }
}

/** Start time of a process: undefined when it is gone or a zombie, empty when this system does not tell. */
function processStart(pid: number): string | undefined {
  if (process.platform === 'linux') return linuxProcessStart(pid);
  if (process.platform === 'darwin') return recentMacProcessStart(pid);
  return '';
}

/** Asking costs a process, and who waits asks twice a second: an answer is good for as long as no pid is used again. */
const macStartIsGoodMs = 2_000;
const macStarts = new Map<number, { readonly start: string | undefined; readonly until: number }>();

function recentMacProcessStart(pid: number): string | undefined {
  const known = macStarts.get(pid);
  if (known && performance.now() < known.until) return known.start;
  macStarts.clear(); // few are asked for at a time
  const start = macProcessStart(pid);
  macStarts.set(pid, { start, until: performance.now() + macStartIsGoodMs });
  return start;
}

function linuxProcessStart(pid: number): string | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (stat === '') return hasPid(pid) ? '' : undefined; // gone meanwhile, or a /proc that hides it
  // The second field is the command in parentheses, with anything in it; the state is the third, the start the 22nd.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : (fields[19] ?? '');
}

function macProcessStart(pid: number): string | undefined {
  const [state = '', ...start] = run('/bin/ps', ['-o', 'state=,lstart=', '-p', String(pid)]).split(/\s+/);
  if (state === '') return hasPid(pid) ? '' : undefined;
  return state.startsWith('Z') ? undefined : start.join(' ');
}

type System = Pick<Holder, 'boot_id' | 'pid_namespace' | 'host'>;
let system: System | undefined;

function thisSystem(): System {
  system ??= { boot_id: bootId(), pid_namespace: pidNamespace(), host: os.hostname() };
  return system;
}

function bootId(): string {
  if (process.platform === 'linux')
    return attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  // Not kern.boottime, which moves when the clock is set.
  if (process.platform === 'darwin') return run('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid']);
  return '';
}

function pidNamespace(): string {
  return process.platform === 'linux' ? attempt(() => readlinkSync('/proc/self/ns/pid')) : '';
}

function run(command: string, args: readonly string[]): string {
  return attempt(() =>
    execFileSync(command, args, {
      encoding: 'utf8',
      env: { LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim(),
  );
}

function attempt(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
