import { randomInt } from 'node:crypto';

/** {@link KnownIds} as JSON: 12 bytes an id, in base64. */
export interface KnownIdsSnapshot {
  readonly seed: number;
  /** Place of the oldest; each entry then says how far it stands after the one before. */
  readonly first: number;
  readonly table: string;
}

const wordsPerKey = 4;
const entryBytes = 2 * wordsPerKey + 4;

/**
 * The last `capacity` ids and their places in the log. An id is kept as 64 bits of a hash whose seed nobody outside knows:
 * small enough to begin every segment with, and too many for two ids ever to meet.
 */
export class KnownIds {
  readonly #places = new Map<string, number>();
  /** Kept, because a map that lost its first entries takes long to find its first one anew. */
  readonly #oldest = this.#places.keys();

  constructor(
    readonly capacity: number,
    private readonly seed: number = randomInt(2 ** 32),
  ) {}

  static restore(capacity: number, { seed, first, table }: KnownIdsSnapshot): KnownIds {
    const ids = new KnownIds(capacity, seed);
    const bytes = Buffer.from(table, 'base64');
    let place = first;
    for (let at = 0; at + entryBytes <= bytes.length; at += entryBytes) {
      place += bytes.readUInt32LE(at + 2 * wordsPerKey);
      ids.#set(bytes.toString('utf16le', at, at + 2 * wordsPerKey), place);
    }
    return ids;
  }

  snapshot(): KnownIdsSnapshot {
    const bytes = Buffer.allocUnsafe(this.#places.size * entryBytes);
    let first: number | undefined;
    let before = 0;
    let at = 0;
    for (const [key, place] of this.#places) {
      before = first === undefined ? (first = place) : before;
      at += bytes.write(key, at, 'utf16le');
      at = bytes.writeUInt32LE(place - before, at);
      before = place;
    }
    return { seed: this.seed, first: first ?? 0, table: bytes.toString('base64') };
  }

  get size(): number {
    return this.#places.size;
  }

  placeOf(id: string): number | undefined {
    return this.#places.get(fingerprint(id, this.seed));
  }

  /** Ids come in the order of their places. */
  add(id: string, place: number): void {
    this.#set(fingerprint(id, this.seed), place);
  }

  /** Ids stay known, their places do not: the log in which they stood is gone. */
  withoutPlaces(): KnownIds {
    const ids = new KnownIds(this.capacity, this.seed);
    for (const key of this.#places.keys()) ids.#set(key, 0);
    return ids;
  }

  #set(key: string, place: number): void {
    if (this.#places.has(key)) return;
    this.#places.set(key, place);
    if (this.#places.size <= this.capacity) return;
    const oldest = this.#oldest.next();
    if (!oldest.done) this.#places.delete(oldest.value);
  }
}

/** 64 bits in a string of four characters: two chains of multiplications that are mixed in the end (as Murmur's are). */
function fingerprint(text: string, seed: number): string {
  let a = seed ^ 0x9e3779b9;
  let b = Math.imul(seed, 0x85ebca6b) ^ text.length;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    a = Math.imul(a ^ code, 0xcc9e2d51);
    a = (a << 13) | (a >>> 19);
    b = Math.imul(b ^ Math.imul(code, 0x1b873593), 0xe6546b64 | 1);
    b = ((b << 17) | (b >>> 15)) + a;
  }
  a = mixed(a ^ b);
  b = mixed(b + Math.imul(a, 0xc2b2ae35));
  return String.fromCharCode(a >>> 16, a & 0xffff, b >>> 16, b & 0xffff);
}

function mixed(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
