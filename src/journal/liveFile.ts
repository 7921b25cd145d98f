import { closeSync, constants, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { parseEnvelope, type Envelope } from '../events/envelope.js';
import type { Clock } from '../primitives/clock.js';
import { decodeRecord, encodeRecord } from '../records/record.js';

const coalesceMs = 250;
const maxBytes = 256 * 1024;

/**
 * Writes transient events to a small file that starts over when it is full. Of the events of one task, the newest is
 * written at most every 250 ms.
 */
export class LiveWriter implements Disposable {
  #descriptor: number | undefined;
  #length = 0;
  /** By task: the newest event that waits, if any came since the last was written. */
  readonly #waiting = new Map<string, { event: Envelope | undefined; readonly timer: Disposable }>();

  constructor(
    readonly path: string,
    readonly clock: Clock,
    /** Told of what is written, which is not everything: an agent may print a gigabyte. */
    readonly onWritten: (event: Envelope) => void,
  ) {}

  write(event: Envelope): void {
    const task = event.data['task_id'];
    const key = `${event.type} ${typeof task === 'string' ? task : ''}`;
    const waiting = this.#waiting.get(key);
    if (waiting) {
      waiting.event = event;
      return;
    }
    this.#put(event);
    this.#waiting.set(key, {
      event: undefined,
      timer: this.clock.after(coalesceMs, () => {
        const newest = this.#waiting.get(key)?.event;
        this.#waiting.delete(key);
        if (newest) this.write(newest);
      }),
    });
  }

  [Symbol.dispose](): void {
    for (const { event, timer } of this.#waiting.values()) {
      timer[Symbol.dispose]();
      if (event) this.#put(event);
    }
    this.#waiting.clear();
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  /** Nobody depends on it: on a full disk the event is just not told. */
  #put(event: Envelope): void {
    this.onWritten(event);
    const line = encodeRecord(event);
    try {
      this.#descriptor ??= openSync(this.path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600);
      if (this.#length + line.length > maxBytes) {
        ftruncateSync(this.#descriptor, 0);
        this.#length = 0;
      }
      this.#length += writeSync(this.#descriptor, line, 0, line.length, this.#length);
    } catch {
      // The next one tries again.
    }
  }
}

/** Reads a live file as it grows and starts over. What is no record of it is passed over. */
export class LiveReader {
  #position: number;

  private constructor(
    readonly path: string,
    position: number,
  ) {
    this.#position = position;
  }

  static fromEnd(path: string): LiveReader {
    return new LiveReader(path, sizeOf(path) ?? 0);
  }

  static fromStart(path: string): LiveReader {
    return new LiveReader(path, 0);
  }

  /** What came since the last call. */
  async read(): Promise<Envelope[]> {
    const size = sizeOf(this.path);
    if (size === undefined || size === this.#position) return [];
    if (size < this.#position) this.#position = 0;
    const bytes = await readRange(this.path, this.#position, size);
    const whole = bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1);
    this.#position += whole.length;
    return lines(whole).flatMap((line) => {
      const record = decodeRecord(line);
      const event = record.ok ? parseEnvelope(record.value) : undefined;
      return event?.ok ? [event.value] : [];
    });
  }
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

async function readRange(path: string, from: number, to: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(to - from), 0, to - from, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function lines(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let start = 0, end = bytes.indexOf(0x0a); end >= 0; start = end + 1, end = bytes.indexOf(0x0a, start)) {
    found.push(bytes.subarray(start, end));
  }
  return found;
}
