import { createWriteStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { finished } from 'node:stream/promises';

const TAIL_BYTES = 8 * 1024;
const MOST_BYTES = 64 * 1024 * 1024;

/** What a runner says of its tests may stand above long lists. */
const REPORT_BYTES = 1024 * 1024;

/** The last MiB, or `most` bytes, of an output that was kept in a file; undefined when it was not, as on a full disk. */
export async function readReport(file: string, most = REPORT_BYTES): Promise<string | undefined> {
  try {
    await using handle = await open(file);
    const { size } = await handle.stat();
    const length = Math.min(size, most);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8', 0, bytesRead);
  } catch {
    return undefined;
  }
}

/** Keeps a command's whole output in a file (bounded) and its end in memory. */
export class OutputRecorder {
  #tail = Buffer.alloc(0);
  #written = 0;

  private constructor(readonly stream: ReturnType<typeof createWriteStream>) {}

  static async create(file: string): Promise<OutputRecorder> {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    const stream = createWriteStream(file, { mode: 0o600 });
    // A full disk must not end the run: the output's end is in memory.
    stream.on('error', () => {});
    return new OutputRecorder(stream);
  }

  add(chunk: Buffer): void {
    this.#tail = Buffer.concat([this.#tail, chunk]).subarray(-TAIL_BYTES);
    if (this.#written >= MOST_BYTES) return;
    this.#written += chunk.length;
    this.stream.write(chunk);
  }

  /** The last lines, as text. */
  tail(): string {
    const text = this.#tail.toString('utf8');
    return this.#tail.length < TAIL_BYTES ? text : text.slice(text.indexOf('\n') + 1);
  }

  async end(): Promise<void> {
    this.stream.end();
    await finished(this.stream).catch(() => {});
  }
}
