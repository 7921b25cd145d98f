import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { deferred, type Deferred } from '../../../src/primitives/deferred.js';

type Said = Readonly<Record<string, unknown>>;

export interface Usage {
  readonly rss: number;
  readonly heap: number;
  readonly cpuMs: number;
}

const pins = existsSync('/usr/bin/taskset');

/** A process of a benchmark, spoken to over its channel: servers on one core, what loads them on the other. */
export class BenchProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<string, Deferred<unknown>>();
  /** What it says without being asked. */
  onSaid: (said: Said) => void = () => {};

  constructor(core: 0 | 1, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const [command = '', ...rest] = [...(pins ? ['taskset', '-c', String(core)] : []), process.execPath, ...args];
    const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const;
    this.#child = spawn(command, rest, { stdio: [...stdio], env: { ...process.env, ...env } });
    this.#child.on('message', (said: Said) => {
      for (const [member, value] of Object.entries(said)) {
        this.#waiting.get(member)?.resolve(value);
        this.#waiting.delete(member);
      }
      this.onSaid(said);
    });
    this.#child.on('exit', () => {
      for (const [member, answer] of this.#waiting) answer.reject(new Error(`A process ended without "${member}"`));
    });
  }

  /** Bundled for the tests, beside this file. */
  static program(name: string): string {
    return path.join(__dirname, 'hub', `${name}.js`);
  }

  tell(message: object | string): void {
    this.#child.send(message);
  }

  says<T>(member: string): Promise<T> {
    const answer = deferred<unknown>();
    this.#waiting.set(member, answer);
    return answer.promise as Promise<T>;
  }

  ask<T>(message: object | string, member: string): Promise<T> {
    const answer = this.says<T>(member);
    this.tell(message);
    return answer;
  }

  usage(): Promise<Usage> {
    return this.ask<Usage>('usage', 'usage');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    await ended;
  }
}
