import type { Envelope, StoredEvent } from '../events/envelope.js';
import { encodeRecords } from '../records/record.js';

/** What of an event filters ask for. */
export type EventHead = Pick<Envelope, 'type' | 'project' | 'prd_id' | 'run_id' | 'story_id' | 'severity'>;

/** An event of the log: its place, its content, and the bytes that are stored and sent. */
export interface StoredEntry {
  readonly seq: number;
  readonly event: Envelope;
  readonly json: Buffer;
  /** As `event` says it, for less. */
  readonly head: EventHead;
}

/** The lines of `events`, each beginning with what `head` needs, so that nothing else has to be parsed for it. */
export function encodeStored(events: readonly StoredEvent[]): ReturnType<typeof encodeRecords> {
  return encodeRecords(events.map(headFirst));
}

function headFirst(event: StoredEvent): Record<keyof StoredEvent, unknown> {
  const { type, cursor, project, prd_id, run_id, story_id, severity, id } = event;
  const { timestamp, source, term, source_seq, data } = event;
  return { type, cursor, project, prd_id, run_id, story_id, severity, id, timestamp, source, term, source_seq, data };
}

const typeStart = '{"type":"';
const cursorStart = '","cursor":"';
/** What follows the head. It cannot stand within a string, where quotes are escaped. */
const headEnd = Buffer.from(',"id":"');
const quote = 0x22;

/** An event as it is on disk, parsed no further than somebody asks. */
export class LazyEntry implements StoredEntry {
  #event: Envelope | undefined;
  #head: LazyHead | undefined;

  constructor(
    readonly seq: number,
    readonly json: Buffer,
  ) {}

  /** Checked before it was written, and under a checksum since. */
  get event(): Envelope {
    return (this.#event ??= JSON.parse(this.json.toString()) as Envelope);
  }

  get head(): EventHead {
    return (this.#head ??= new LazyHead(this.json));
  }
}

class LazyHead implements EventHead {
  #fields: EventHead | undefined;

  constructor(private readonly json: Buffer) {}

  get type(): string {
    const { json } = this;
    return startsWithType(json) ? json.toString('latin1', typeStart.length, typeEnd(json)) : this.#parsed.type;
  }

  get project(): string | undefined {
    return this.#parsed.project;
  }

  get prd_id(): string | undefined {
    return this.#parsed.prd_id;
  }

  get run_id(): string | undefined {
    return this.#parsed.run_id;
  }

  get story_id(): string | undefined {
    return this.#parsed.story_id;
  }

  get severity(): EventHead['severity'] {
    return this.#parsed.severity;
  }

  get #parsed(): EventHead {
    if (this.#fields) return this.#fields;
    const end = startsWithType(this.json) ? this.json.indexOf(headEnd) : -1;
    const text = end < 0 ? this.json.toString() : `${this.json.toString('utf8', 0, end)}}`;
    return (this.#fields = JSON.parse(text) as EventHead);
  }
}

/** Where the event of a line stands in the log; undefined when the line does not say so where we write it. */
export function seqOf(line: Buffer): number | undefined {
  if (!startsWithType(line)) return undefined;
  const start = typeEnd(line) + cursorStart.length;
  const cursor = line.toString('latin1', start, line.indexOf(quote, start));
  const seq = Number(cursor.slice(cursor.indexOf(':') + 1));
  return Number.isSafeInteger(seq) ? seq : undefined;
}

function startsWithType(line: Buffer): boolean {
  return line.toString('latin1', 0, typeStart.length) === typeStart;
}

/** A type holds no quote. */
function typeEnd(line: Buffer): number {
  return line.indexOf(quote, typeStart.length);
}
