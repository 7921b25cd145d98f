/**
 * The guardian: runs one command and outlives nothing of it. It is a process of its own, so that it is still there to
 * kill the command's tree when whoever asked for it was killed.
 *
 * File descriptor 3 is the control pipe. In: the order as one line of JSON, later perhaps `stop`; its end means that
 * the asker is dead. Out: the report as one line of JSON, when no process of the tree is left.
 */
import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { Socket } from 'node:net';
import { deferred } from '../primitives/deferred.js';
import type { Order, Report, ReportedEnd } from './control.js';
import { findExecutable, launchOf } from './executable.js';
import { GUARD, MARKER, withMarker } from './markers.js';
import { endTree, memoryOf, type ProcessTree } from './processTree.js';

/** What a command's helpers get to end by themselves after it, before they count as survivors. */
const PATIENCE_MS = 250;
/** How often its memory is looked at: when it has a limit, and when not. The first look is early either way. */
const MEMORY_LOOK_MS = { limited: 1_000, measured: 5_000 };

process.title = 'storyloop guardian';
const control = new Socket({ fd: 3 });
const ordered = deferred<Order>();
const stop = deferred();

let received = '';
control.setEncoding('utf8');
control.on('data', (text: string) => {
  received += text;
  const lines = received.split('\n');
  received = lines.pop() ?? '';
  for (const line of lines) {
    if (line === 'stop') stop.resolve();
    else ordered.resolve(JSON.parse(line) as Order);
  }
});
control.on('error', () => {});
control.on('close', () => {
  stop.resolve();
});
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(signal, () => {
    stop.resolve();
  });
}

void main();

async function main(): Promise<void> {
  const order = await Promise.race([ordered.promise, stop.promise]);
  const report: Report = order ? await guard(order) : { end: { kind: 'stopped' } };
  // Node's own way out waits for its compiler's threads, and now and then for ever (nodejs/node#54918).
  control.end(`${JSON.stringify(report)}\n`, () => process.kill(process.pid, 'SIGKILL'));
}

async function guard(order: Order): Promise<Report> {
  const ended = deferred<ReportedEnd>();
  const environment = {
    ...order.env,
    [MARKER]: process.env[MARKER] ?? '',
    [GUARD]: withMarker(process.env[GUARD], order.guard),
  };
  const failed = (reason: string): ReportedEnd => ({ kind: 'not-found', message: `${order.argv[0]}: ${reason}` });
  if (!isFolder(order.cwd)) return { end: failed(`its folder ${order.cwd} does not exist`) };

  const windows = process.platform === 'win32';
  const launch = launchOf(order.argv, windows ? findExecutable(order.argv[0], environment, order.cwd) : undefined);
  const child = spawn(launch.file, launch.args, {
    cwd: order.cwd,
    env: environment,
    stdio: 'inherit',
    // A process group of its own, which can be signalled as a whole; on Windows it would be a console window.
    detached: !windows,
    windowsHide: true,
    windowsVerbatimArguments: launch.windowsVerbatimArguments,
  });
  child.once('error', (error: NodeJS.ErrnoException) => {
    ended.resolve(failed(error.code === 'ENOENT' ? 'command not found' : `could not be started: ${error.message}`));
  });
  child.once('exit', (exitCode, signal) => {
    ended.resolve(
      exitCode === null
        ? { kind: 'signalled', signal: signal ?? '', survivors: 0 }
        : { kind: 'exited', exitCode, survivors: 0 },
    );
  });

  const tree = { variable: GUARD, marker: order.guard, ...(child.pid !== undefined && { group: child.pid }) };
  const memory = watchMemory(tree, order);
  const stopped = stop.promise.then(() => undefined);
  const first = await Promise.race([ended.promise, stopped, memory.exceeded]);
  memory.stop();
  const end = await endedTree(tree, first);
  const peak = memory.peak();
  return { end, ...(peak > 0 && { peakMemoryBytes: peak }) };
}

/** Nothing of the tree is left. */
async function endedTree(tree: ProcessTree, end: ReportedEnd | undefined): Promise<ReportedEnd> {
  if (end?.kind === 'not-found') return end;
  if (end?.kind === 'exited' || end?.kind === 'signalled') {
    return { ...end, survivors: await endTree(tree, PATIENCE_MS) };
  }
  await endTree(tree);
  return end ?? { kind: 'stopped' };
}

interface MemoryWatch {
  readonly exceeded: Promise<ReportedEnd>;
  readonly peak: () => number;
  readonly stop: () => void;
}

/** Looks at the memory of a tree now and then, until it is told to stop; the next look never overlaps the last. */
function watchMemory(tree: ProcessTree, { maxMemoryBytes: most, measuresMemory }: Order): MemoryWatch {
  const exceeded = deferred<ReportedEnd>();
  const pause = most === undefined ? MEMORY_LOOK_MS.measured : MEMORY_LOOK_MS.limited;
  let peak = 0;
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    // What cannot be seen now is looked at again.
    const bytes = (await memoryOf(tree).catch(() => undefined)) ?? 0;
    peak = Math.max(peak, bytes);
    if (most !== undefined && bytes > most) exceeded.resolve({ kind: 'over-memory', bytes });
    else timer = timer && setTimeout(() => void look(), pause);
  };
  if (most !== undefined || measuresMemory) timer = setTimeout(() => void look(), MEMORY_LOOK_MS.limited);
  return {
    exceeded: exceeded.promise,
    peak: () => peak,
    stop: () => {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

function isFolder(folder: string): boolean {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
