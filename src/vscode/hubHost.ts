import { deferred } from '../primitives/deferred.js';
import type { HubFeedParts } from './hubFeed.js';
import { loadPieces } from './pieces.js';

const retryAfterErrorMs = 5_000;

/**
 * This window's way to the events of all runs: it is the hub, or it is a client of whoever is and stands by to be the
 * next one.
 *
 *     off → (is the hub ⇄ is a client)… → disposed
 */
export class HubHost implements AsyncDisposable {
  #running: Promise<void> | undefined;
  #disposed = false;
  readonly #end = new AbortController();

  constructor(private readonly parts: HubFeedParts) {}

  /** Starts once; what follows is tried until the window goes. */
  start(): void {
    if (!this.#disposed) this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    // Loaded on first use: activation does not pay for the hub.
    const { feedFromHub } = await import('./hubFeed.js');
    this.#loadTheRest();
    while (!this.#disposed) {
      try {
        await feedFromHub(this.parts, this.#end.signal);
      } catch (error) {
        this.parts.logger.error(`No hub: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
        await this.#pause(retryAfterErrorMs);
      }
    }
  }

  /** A folder that is gone already is no reason to be without a hub. */
  #loadTheRest(): void {
    try {
      loadPieces(this.parts.dist);
    } catch (error) {
      this.parts.logger.warn(
        `Not all of the extension is loaded: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  async #pause(ms: number): Promise<void> {
    if (this.#disposed) return;
    const over = deferred();
    const end = (): void => {
      over.resolve();
    };
    const timer = this.parts.clock.after(ms, end);
    this.#end.signal.addEventListener('abort', end, { once: true });
    await over.promise;
    timer[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#end.abort();
    await this.#running;
  }
}
