import { format } from 'node:util';

export const HOST_SUITE_STARTS = 'Testing in VS Code';

/**
 * What a test window says, as lines: its own noise comes before the suite's first line and is shown only when that line
 * never comes.
 */
export class HostSuiteOutput {
  #noise: string[] = [];
  #started = false;

  constructor(private readonly write: (line: string) => void) {}

  add(args: readonly unknown[]): void {
    const line = format(...args);
    this.#started ||= line.startsWith(HOST_SUITE_STARTS);
    if (this.#started) this.write(line);
    else this.#noise.push(line);
  }

  end(): void {
    if (!this.#started) this.#noise.forEach(this.write);
  }
}
