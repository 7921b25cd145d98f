import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { isTransient, type EventType } from '../../src/events/catalogue.js';
import { parseEnvelope, type Envelope } from '../../src/events/envelope.js';
import { deferred } from '../../src/primitives/deferred.js';
import { until } from './waiting.js';
import type { Workspace } from './workspace.js';

/** The command line as a user gets it. Tests run from the project's root. */
export const cli = path.resolve('dist/cli.js');

export interface CommandResult {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One `storyloop …` in its own process, with the events that it prints under `--json`. */
export class CommandLine {
  readonly events: Envelope[] = [];
  readonly #child: ChildProcess;
  readonly #ended = deferred<CommandResult>();
  #stdout = '';
  #stderr = '';

  /** `program`: another build of the command line, or what to start it under. */
  constructor(
    workspace: Workspace,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    program: readonly string[] = [process.execPath, cli],
  ) {
    const [command = '', ...before] = program;
    this.#child = spawn(command, [...before, ...args], {
      cwd: workspace.root,
      // One story after the other, unless a test says otherwise.
      env: { ...process.env, STORYLOOP_HOME: workspace.home, STORYLOOP_WORKERS: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { stdout, stderr } = this.#child;
    if (!stdout || !stderr) throw new Error('Internal error: no pipes');
    createInterface({ input: stdout }).on('line', (line) => {
      const parsed = parseEnvelope(jsonOf(line));
      // An agent may print a gigabyte.
      if (parsed.ok && isTransient(parsed.value.type)) return;
      this.#stdout += `${line}\n`;
      if (parsed.ok) this.events.push(parsed.value);
    });
    stderr.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString();
    });
    this.#child.on('close', (exitCode, signal) => {
      this.#ended.resolve({ exitCode, signal, stdout: this.#stdout, stderr: this.#stderr });
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('The command did not start');
    return this.#child.pid;
  }

  /** What it wrote so far. */
  get output(): { readonly stdout: string; readonly stderr: string } {
    return { stdout: this.#stdout, stderr: this.#stderr };
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves when the process has ended and all of its output was read. */
  ended(): Promise<CommandResult> {
    return this.#ended.promise;
  }

  /** Waits for an event of a type that fits. */
  event(type: EventType, fits: (event: Envelope) => boolean = () => true): Promise<Envelope> {
    return until(`${type}; so far: ${this.events.map((event) => event.type).join(' ')} ${this.#stderr}`, () =>
      this.events.find((event) => event.type === type && fits(event)),
    );
  }
}

/** What a line says as JSON. A process that is killed leaves half a line. */
function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Starts a run with the workspace's script, as `--json` lines. */
export function startRun(workspace: Workspace, ...args: string[]): CommandLine {
  return new CommandLine(workspace, ['run', 'prd.json', '--script', workspace.script, '--yes', '--json', ...args]);
}

/** Runs one command to its end. */
export function storyloop(workspace: Workspace, ...args: string[]): Promise<CommandResult> {
  return new CommandLine(workspace, args).ended();
}
