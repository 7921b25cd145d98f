/**
 * Owns things that must be released. Releases in reverse order, releases at once what is added after the end,
 * and releases everything even when one of them throws.
 */
export class Disposables implements AsyncDisposable {
  readonly #items: (() => unknown)[] = [];
  #disposed = false;

  get disposed(): boolean {
    return this.#disposed;
  }

  /** Takes ownership of `item` and returns it. */
  use<T extends Disposable | AsyncDisposable>(item: T): T {
    this.defer(() => {
      if (Symbol.asyncDispose in item) return item[Symbol.asyncDispose]();
      item[Symbol.dispose]();
    });
    return item;
  }

  /** Runs `release` at the end. */
  defer(release: () => unknown): void {
    if (this.#disposed) void release();
    else this.#items.push(release);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    const errors: unknown[] = [];
    for (let release = this.#items.pop(); release; release = this.#items.pop()) {
      try {
        await release();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new AggregateError(errors, 'Several things could not be released');
  }
}
