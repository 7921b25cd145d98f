import { deferred, type Deferred } from '../primitives/deferred.js';

/** The workers as places that stories take and leave, in the order in which they asked. */
export class Places {
  /** Story → resolved once it has its place: as many as there are places, from the first on. */
  readonly #taken = new Map<string, Deferred<void>>();
  #left = deferred();

  constructor(private readonly count: number) {}

  /** How many stories would have a place at once. */
  get free(): number {
    return Math.max(0, this.count - this.#taken.size);
  }

  /** Resolves when the story has a place, which it keeps until it leaves. */
  take(storyId: string): Promise<void> {
    const place = this.#taken.get(storyId) ?? deferred();
    this.#taken.set(storyId, place);
    this.#seat();
    return place.promise;
  }

  leave(storyId: string): void {
    if (!this.#taken.delete(storyId)) return;
    this.#seat();
    this.#left.resolve();
    this.#left = deferred();
  }

  /** Resolves when somebody leaves. */
  nextLeft(): Promise<void> {
    return this.#left.promise;
  }

  #seat(): void {
    for (const place of [...this.#taken.values()].slice(0, this.count)) place.resolve();
  }
}
