import { appendFileSync, closeSync, constants, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import * as z from 'zod';
import { cursorText } from '../events/cursor.js';
import { eventTypeName, type Envelope } from '../events/envelope.js';
import { err, ok, type Result } from '../primitives/result.js';

/** What shows that a line is an event, also one of another version. */
const eventHead = z.object({ type: eventTypeName, cursor: cursorText });

const chunkBytes = 64 * 1024;
const newline = 0x0a;

/** Events as JSON lines in a file that can be gone on with: each once, whole lines only. */
export class EventFile implements Disposable {
  /** Opens or makes the file. A line that a killed process left unfinished is cut off; any other content is refused. */
  static open(file: string): Result<EventFile, string> {
    let descriptor: number;
    try {
      descriptor = openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, 0o644);
    } catch (error) {
      return err(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
    }
    const stats = fstatSync(descriptor);
    const tail = stats.isFile() ? readTail(descriptor, stats.size) : undefined;
    const last = tail?.line === undefined ? undefined : cursorOf(tail.line);
    const isOurs =
      tail && (tail.line === undefined ? tail.rest === '' || tail.rest.startsWith('{"') : last !== undefined);
    if (!isOurs) {
      closeSync(descriptor);
      return err(`${file} holds something else than events. Name another file.`);
    }
    if (tail.end < stats.size) ftruncateSync(descriptor, tail.end);
    return ok(new EventFile(descriptor, last));
  }

  private constructor(
    private readonly descriptor: number,
    /** The cursor of the last event in it, when it was opened. */
    readonly last: string | undefined,
  ) {}

  /** Throws when the disk is full. */
  append(event: Envelope): void {
    appendFileSync(this.descriptor, `${JSON.stringify(event)}\n`);
  }

  [Symbol.dispose](): void {
    closeSync(this.descriptor);
  }
}

interface Tail {
  /** The last whole line. */
  readonly line: string | undefined;
  /** Where the whole lines end. */
  readonly end: number;
  readonly rest: string;
}

function readTail(descriptor: number, size: number): Tail {
  let bytes = Buffer.alloc(0);
  for (let from = size; ;) {
    const lineEnd = bytes.lastIndexOf(newline);
    const lineStart = lineEnd <= 0 ? -1 : bytes.lastIndexOf(newline, lineEnd - 1);
    if (from === 0 || lineStart >= 0) {
      const line = lineEnd < 0 ? undefined : bytes.toString('utf8', lineStart + 1, lineEnd);
      return { line, end: from + lineEnd + 1, rest: bytes.toString('utf8', lineEnd + 1) };
    }
    const length = Math.min(chunkBytes, from);
    const chunk = Buffer.alloc(length);
    from -= length;
    for (let got = 0; got < length;) {
      const count = readSync(descriptor, chunk, got, length - got, from + got);
      if (count === 0) break;
      got += count;
    }
    bytes = Buffer.concat([chunk, bytes]);
  }
}

function cursorOf(line: string): string | undefined {
  try {
    return eventHead.safeParse(JSON.parse(line)).data?.cursor;
  } catch {
    return undefined;
  }
}
