import type { FeedEntry } from './feed.js';

/** Bytes that are made once per event, for all clients that are told in the same turn; forgotten with the turn. */
export class TurnCache {
  readonly #turns = new WeakMap<readonly FeedEntry[], Map<string, Map<FeedEntry, Buffer>>>();

  get(turn: readonly FeedEntry[], entry: FeedEntry, variant: string, make: () => Buffer): Buffer {
    const variants = this.#turns.get(turn) ?? new Map<string, Map<FeedEntry, Buffer>>();
    this.#turns.set(turn, variants);
    const made = variants.get(variant) ?? new Map<FeedEntry, Buffer>();
    variants.set(variant, made);
    const bytes = made.get(entry) ?? make();
    made.set(entry, bytes);
    return bytes;
  }
}
