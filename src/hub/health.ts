import { statfs } from 'node:fs/promises';
import type { HubCore } from './hubCore.js';
import { statistics } from './statistics.js';

/** An agent that could be asked to work, as its name, and the program that would be started. */
export interface AgentFound {
  readonly name: string;
  /** Absent: it is not there. */
  readonly path?: string | undefined;
}

export interface Health {
  readonly status: 'ready' | 'not ready';
  /** Why it is not ready. */
  readonly reasons: readonly string[];
  /** What is not as it could be, and keeps the hub from nothing. */
  readonly notes: readonly string[];
  readonly [part: string]: unknown;
}

/** Beyond these the hub does not do what it is for. */
const maxLagMs = 1_000;
const leastFreeBytes = 50 * 1024 ** 2;
const maxHeapShare = 0.95;

/** Whether the hub can do its work right now, and what that depends on. */
export async function readiness(core: HubCore): Promise<Health> {
  const { uptime_s, event_loop, cpu, memory, connections, log } = statistics(core);
  const { disk, agents } = { disk: await diskOf(core.logFolder), agents: await agentsOf(core) };
  const failure = core.ingest.failure;
  // A full disk is over when there is room again, though nothing was stored since.
  const isOver = failure?.kind === 'full' && disk !== undefined && disk.free_bytes >= leastFreeBytes;
  const reasons = [
    event_loop.lag_ms > maxLagMs && `The event loop is ${event_loop.lag_ms} ms late (at most ${maxLagMs})`,
    memory.heap_used > maxHeapShare * memory.heap_limit && 'The memory is nearly used up',
    disk !== undefined && disk.free_bytes < leastFreeBytes && `Only ${disk.free_bytes} bytes are free for the log`,
    failure !== undefined && !isOver && `The log cannot be written: ${failure.message}`,
  ].filter((reason) => reason !== false);
  const notes = [
    disk === undefined && 'How much room there is for the log is not known',
    ...agents.filter(({ path }) => path === undefined).map(({ name }) => `The agent "${name}" was not found`),
  ].filter((note) => note !== false);
  return {
    status: reasons.length === 0 ? 'ready' : 'not ready',
    ...{ reasons, notes, version: core.version, uptime_s, connections, event_loop, cpu, memory },
    ...(disk && { disk }),
    log: { ...log, writable: failure === undefined || isOver, ...(failure && { failure }) },
    agents: agents.map(({ name, path }) => ({ name, found: path !== undefined, ...(path !== undefined && { path }) })),
  };
}

async function diskOf(folder: string): Promise<{ free_bytes: number; total_bytes: number } | undefined> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    return { free_bytes: bavail * bsize, total_bytes: blocks * bsize };
  } catch {
    return undefined;
  }
}

async function agentsOf({ findAgents, faults }: HubCore): Promise<readonly AgentFound[]> {
  try {
    return await findAgents();
  } catch (error) {
    faults.report('The search for agents', error);
    return [];
  }
}
