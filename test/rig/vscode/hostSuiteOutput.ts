import { format } from 'node:util';

export const HOST_SUITE_STARTS = 'Testing in VS Code';
export const HOST_SUITE_ENDED = 'Tested in VS Code';

/**
 * What a test window says, as lines: those of the suite, and the window's own noise only when the suite never starts.
 */
export class HostSuiteOutput {
  readonly #noise: string[] = [];
  #started = false;
  #complete = false;

  constructor(private readonly write: (line: string) => void) {}

  add(args: readonly unknown[]): void {
    if (this.#complete) return;
    const line = format(...args);
    this.#started ||= line.startsWith(HOST_SUITE_STARTS);
    this.#complete = line.startsWith(HOST_SUITE_ENDED);
    if (this.#started) this.write(line);
    else this.#noise.push(line);
  }

  /** Whether the suite got to its end: a dead extension host is an exit code of 0 to VS Code. */
  get isComplete(): boolean {
    return this.#complete;
  }

  end(): void {
    if (!this.#started) for (const line of this.#noise) this.write(line);
  }
}
