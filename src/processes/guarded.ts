import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { deferred } from '../primitives/deferred.js';
import { parseReport, type Order, type Report } from './control.js';
import guardianProgram from './guardian.ts?bundle';
import { GUARD, MARKER, withMarker } from './markers.js';
import { endTree } from './processTree.js';

/** How a guarded command ended. `survivors`: processes it had left behind, which the guardian has killed. */
export type CommandEnd =
  | { readonly kind: 'exited'; readonly exitCode: number; readonly survivors: number }
  | { readonly kind: 'signalled'; readonly signal: string; readonly survivors: number }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'stopped' }
  /** Its processes had more in memory together than they may; so many bytes. */
  | { readonly kind: 'over-memory'; readonly bytes: number }
  /** It could not be started; the message says why. */
  | { readonly kind: 'not-found'; readonly message: string };

export interface GuardedCommand {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  /** The whole environment of the command. */
  readonly env: Readonly<Record<string, string>>;
  /** Written to its stdin, which is then closed. */
  readonly stdin?: string;
  readonly timeoutMs: number;
  /** What its processes may have in memory together; only Linux tells. 0: as much as they like. */
  readonly maxMemoryBytes?: number;
  /** Told at its end how much its processes had in memory together, at most, as far as it was seen. */
  readonly onPeakMemory?: (bytes: number) => void;
  /** Marks every process of the tree in its environment, so that it can be found again: the run's id. */
  readonly marker: string;
  /** Stops the tree: SIGTERM, SIGKILL after 5 s, verified. */
  readonly signal: AbortSignal;
  /** Chunks of stdout and stderr as they come. */
  readonly onOutput: (chunk: Buffer, stream: 'stdout' | 'stderr') => void;
}

/** A guardian that was told to stop and says nothing for so long is killed, and its tree by its marker. */
const STOP_LIMIT_MS = 7_000;
/** For output still on its way when the last process has ended; a process that escaped could hold the pipe for ever. */
const DRAIN_LIMIT_MS = 1_000;
/** The longest time a timer can wait. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Runs a command under a guardian: a small process that kills the whole tree when its pipe to us closes, so that even
 * a kill -9 of the coordinator leaves nothing running. Resolves when no process of the tree is alive.
 */
export async function runGuarded(command: GuardedCommand): Promise<CommandEnd> {
  if (command.signal.aborted) return { kind: 'stopped' };
  const { argv, cwd, env, maxMemoryBytes = 0 } = command;
  const order: Order = {
    ...{ argv, cwd, env, guard: randomUUID() },
    ...(maxMemoryBytes > 0 && { maxMemoryBytes }),
    ...(command.onPeakMemory && { measuresMemory: true }),
  };
  const guardian = spawn(process.execPath, ['--single-threaded', '-e', guardianProgram], {
    env: guardianEnvironment(command.marker),
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    // In its own session: what the terminal sends to its processes at a Ctrl-C or when it closes does not reach it.
    detached: true,
    windowsHide: true,
  });
  if (guardian.pid === undefined) return { kind: 'not-found', message: await startError(guardian) };
  const exited = exitOf(guardian);
  const drained = Promise.all([
    forward(guardian.stdout, (chunk) => {
      command.onOutput(chunk, 'stdout');
    }),
    forward(guardian.stderr, (chunk) => {
      command.onOutput(chunk, 'stderr');
    }),
  ]);
  // The command need not read its input, and the guardian may be dead: both are seen by its end.
  guardian.stdin.on('error', () => {});
  guardian.stdin.end(command.stdin ?? '');
  const control = controlOf(guardian);
  control.write(`${JSON.stringify(order)}\n`);
  const report = reportFrom(control);

  const stopping = new Stop(guardian, control);
  const timeout = setTimeout(
    () => {
      stopping.because('timed-out');
    },
    Math.min(command.timeoutMs, MAX_TIMEOUT_MS),
  );
  const onAbort = (): void => {
    stopping.because('stopped');
  };
  command.signal.addEventListener('abort', onAbort);
  try {
    const exit = await exited;
    const reported = await report;
    if (reported?.peakMemoryBytes !== undefined) command.onPeakMemory?.(reported.peakMemoryBytes);
    const end = reported?.end ?? (await endedWithoutReport(exit, order.guard));
    await settle(drained, guardian);
    if (stopping.reason && (end.kind === 'stopped' || end.kind === 'signalled')) return { kind: stopping.reason };
    return end.kind === 'stopped' ? { kind: 'signalled', signal: 'SIGTERM', survivors: 0 } : end;
  } finally {
    clearTimeout(timeout);
    command.signal.removeEventListener('abort', onAbort);
    stopping[Symbol.dispose]();
  }
}

/** Kills every process that carries `marker`, whoever started it, and waits until none is alive. Answers how many there were. */
export async function reap(marker: string): Promise<number> {
  return endTree({ variable: MARKER, marker });
}

/** Asks the guardian once to stop, remembers why, and does not wait for it for ever. */
class Stop implements Disposable {
  reason: 'timed-out' | 'stopped' | undefined;
  #limit: NodeJS.Timeout | undefined;

  constructor(
    private readonly guardian: ChildProcess,
    private readonly control: Socket,
  ) {}

  because(reason: 'timed-out' | 'stopped'): void {
    if (this.reason) return;
    this.reason = reason;
    if (this.control.writable) this.control.write('stop\n');
    this.#limit = setTimeout(() => this.guardian.kill('SIGKILL'), STOP_LIMIT_MS);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#limit);
  }
}

/** Under VS Code our executable is Node only when told so; the guardian is marked too, so that it is found with its tree. */
function guardianEnvironment(marker: string): NodeJS.ProcessEnv {
  if (!/^[^,\s]+$/.test(marker)) throw new Error(`Internal error: "${marker}" cannot mark processes`);
  return {
    ...process.env,
    // Meant for us or for the command, and may name files that are gone.
    NODE_OPTIONS: '',
    ELECTRON_RUN_AS_NODE: '1',
    [MARKER]: withMarker(process.env[MARKER], marker),
  };
}

async function startError(guardian: ChildProcess): Promise<string> {
  const { promise, resolve } = deferred<Error>();
  guardian.once('error', resolve);
  return `No process could be started: ${(await promise).message}`;
}

/** Resolves with the signal that ended the guardian, if one did. */
function exitOf(guardian: ChildProcess): Promise<NodeJS.Signals | null> {
  const { promise, resolve } = deferred<NodeJS.Signals | null>();
  guardian.once('exit', (_code, signal) => {
    resolve(signal);
  });
  // A signal that could not be sent; the end is told by `exit`.
  guardian.on('error', () => {});
  return promise;
}

/** The guardian itself was killed: its work is done from here. */
async function endedWithoutReport(signal: NodeJS.Signals | null, guard: string): Promise<CommandEnd> {
  const survivors = await endTree({ variable: GUARD, marker: guard });
  return { kind: 'signalled', signal: signal ?? 'SIGKILL', survivors };
}

function controlOf(guardian: ChildProcess): Socket {
  const control = guardian.stdio[3];
  if (!(control instanceof Socket)) throw new Error('Internal error: the guardian has no control pipe');
  control.on('error', () => {});
  return control;
}

async function reportFrom(control: Socket): Promise<Report | undefined> {
  const { promise, resolve } = deferred();
  let text = '';
  control.setEncoding('utf8');
  control.on('data', (chunk: string) => {
    text += chunk;
  });
  control.once('close', resolve);
  await promise;
  return parseReport(text);
}

function forward(stream: Readable, onChunk: (chunk: Buffer) => void): Promise<void> {
  const { promise, resolve } = deferred();
  stream.on('data', onChunk);
  stream.on('error', () => {});
  stream.once('close', resolve);
  return promise;
}

async function settle(drained: Promise<unknown>, guardian: ChildProcess): Promise<void> {
  const limit = setTimeout(() => {
    guardian.stdout?.destroy();
    guardian.stderr?.destroy();
  }, DRAIN_LIMIT_MS);
  await drained;
  clearTimeout(limit);
}
