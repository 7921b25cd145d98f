import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Clock } from '../primitives/clock.js';
import { deferred } from '../primitives/deferred.js';
import { errorCode } from '../primitives/errorCode.js';

const RETRY_MS = 50;
const PATIENCE_MS = 1_000;

/**
 * A terminal that is written to without waiting for it. Node waits in the middle of everything for a terminal that nobody
 * reads: after Ctrl+S, or behind a window that sleeps. Here what it does not take stays in the stream (`writableLength`)
 * and is tried again; nothing else is held up.
 */
export class TerminalOutput extends Writable {
  #timer: Disposable | undefined;

  private constructor(
    private readonly descriptor: number,
    private readonly clock: Clock,
  ) {
    super({ decodeStrings: true });
  }

  /** `file`: opened anew, so that nobody else's writing changes. Undefined where that is not possible. */
  static open(file: string, clock: Clock): TerminalOutput | undefined {
    try {
      return new TerminalOutput(openSync(file, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY), clock);
    } catch {
      return undefined;
    }
  }

  // For log-update, which asks its stream for the size of the terminal.
  get isTTY(): boolean {
    return true;
  }
  get columns(): number {
    return process.stdout.columns;
  }
  get rows(): number {
    return process.stdout.rows;
  }

  /** Resolves when all is written, or when the terminal has not taken it for a second: then it never gets it. */
  async finish(): Promise<void> {
    if (!this.writableEnded) this.end();
    const patience = deferred();
    const timer = this.clock.after(PATIENCE_MS, patience.resolve);
    await Promise.race([finished(this).catch(() => {}), patience.promise]);
    timer[Symbol.dispose]();
    this.destroy();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    let rest = chunk;
    const flush = (): void => {
      this.#timer = undefined;
      try {
        while (rest.length > 0) rest = rest.subarray(writeSync(this.descriptor, rest));
        callback();
      } catch (error) {
        if (errorCode(error) === 'EAGAIN') this.#timer = this.clock.after(RETRY_MS, flush);
        // A terminal that is closed takes nothing more, and nobody misses it.
        else callback();
      }
    };
    flush();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#timer?.[Symbol.dispose]();
    closeSync(this.descriptor);
    callback(error);
  }
}

/** The terminal of this process's output, if it is one; Windows does not wait for its terminals. */
export function openTerminal(clock: Clock): TerminalOutput | undefined {
  if (!process.stdout.isTTY || process.platform === 'win32') return undefined;
  return TerminalOutput.open(process.platform === 'linux' ? '/proc/self/fd/1' : '/dev/tty', clock);
}
