/** One event of a `text/event-stream`. */
export interface SseMessage {
  readonly event: string;
  readonly data: string;
  /** The last id that had come by then. */
  readonly id: string;
}

/** Parses server-sent events as the HTML standard says, piece by piece. */
export class SseParser {
  /** The last id that came, with an event or without one: where to resume. */
  lastId = '';
  #rest = '';
  #event = '';
  #data: string[] = [];
  #endedWithReturn = false;

  /** The messages that are whole now. What is not waits for the next piece, or is lost with the connection. */
  push(piece: string): SseMessage[] {
    // A line break may be cut in two.
    const text = this.#endedWithReturn && piece.startsWith('\n') ? piece.slice(1) : piece;
    if (piece !== '') this.#endedWithReturn = piece.endsWith('\r');
    const lines = (this.#rest + text).split(/\r\n|\n|\r/);
    this.#rest = lines.pop() ?? '';
    return lines.flatMap((line) => this.#line(line) ?? []);
  }

  #line(line: string): SseMessage | undefined {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#event = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'id' && !value.includes('\0')) this.lastId = value;
    return undefined;
  }

  #dispatch(): SseMessage | undefined {
    const message =
      this.#data.length === 0
        ? undefined
        : { event: this.#event || 'message', data: this.#data.join('\n'), id: this.lastId };
    this.#event = '';
    this.#data = [];
    return message;
  }
}
