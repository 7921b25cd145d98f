import { StringDecoder } from 'node:string_decoder';
import type { StreamReader } from './agentProcess.js';

/** A tool's result may hold an image; what is longer still is left out rather than kept in memory. */
const MAX_CHARACTERS = 32 * 1024 * 1024;

/** Cuts a stream of bytes into lines, without their ends. */
export class LineSplitter implements StreamReader {
  readonly #decoder = new StringDecoder('utf8');
  #parts: string[] = [];
  #length = 0;

  constructor(
    private readonly onLine: (line: string) => void,
    private readonly maxCharacters = MAX_CHARACTERS,
  ) {}

  push(chunk: Buffer): void {
    this.#take(this.#decoder.write(chunk));
  }

  end(): void {
    this.#take(this.#decoder.end());
    this.#flush();
  }

  #take(text: string): void {
    let start = 0;
    for (let newline = text.indexOf('\n'); newline >= 0; newline = text.indexOf('\n', start)) {
      this.#keep(text.slice(start, newline));
      this.#flush();
      start = newline + 1;
    }
    this.#keep(text.slice(start));
  }

  #keep(text: string): void {
    this.#length += text.length;
    if (this.#length > this.maxCharacters) this.#parts = [];
    else if (text !== '') this.#parts.push(text);
  }

  #flush(): void {
    const line = this.#parts.join('');
    this.#parts = [];
    this.#length = 0;
    if (line.trim() !== '') this.onLine(line);
  }
}
