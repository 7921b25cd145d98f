import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { until } from './waiting.js';

export type Said = Readonly<Record<string, unknown>>;

/** A child process that says JSON lines and is told lines. It ends when its standard input does, so none outlives the test. */
export class SpokenProcess implements AsyncDisposable {
  readonly #said: Said[] = [];
  #errors = '';
  #closed = false;

  private constructor(readonly child: ChildProcess) {
    if (!child.stdout || !child.stderr) throw new Error('Internal error: no pipes');
    readline.createInterface({ input: child.stdout }).on('line', (line) => this.#said.push(JSON.parse(line) as Said));
    child.stderr.on('data', (chunk: Buffer) => (this.#errors += chunk.toString()));
    child.stdin?.on('error', () => {}); // it may be dead by now
    child.on('close', () => (this.#closed = true));
  }

  /** Runs a bundled program (`?bundle`), from a file in `folder`: an argument has not room for it. */
  static start(
    source: string,
    folder: string,
    args: readonly string[],
    wrapper: readonly string[] = [],
  ): SpokenProcess {
    const file = path.join(folder, `${crypto.randomUUID()}.cjs`);
    writeFileSync(file, source);
    const [command = '', ...rest] = [...wrapper, process.execPath, file, ...args];
    return new SpokenProcess(spawn(command, rest, { stdio: ['pipe', 'pipe', 'pipe'] }));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  tell(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  /** The first thing it says that has one of these members; what it said before that is dropped. Throws when it ended. */
  async says(...members: readonly string[]): Promise<Said> {
    return until(`the process to say "${members.join('" or "')}"; it wrote: ${this.#errors}`, () => {
      const at = this.#said.findIndex((said) => members.some((member) => member in said));
      if (at < 0 && this.#closed)
        throw new Error(`The process ended without "${members.join('" or "')}": ${this.#errors}`);
      return at < 0 ? undefined : this.#said.splice(0, at + 1).at(-1);
    });
  }

  /** Tells it something and waits for the answer. */
  async ask(line: string, member: string): Promise<unknown> {
    this.tell(line);
    return (await this.says(member))[member];
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async exit(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exit();
  }
}
