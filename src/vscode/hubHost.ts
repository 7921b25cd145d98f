import { deferred } from '../primitives/deferred.js';
import type { HubFeedParts } from './hubFeed.js';

const retryMs = 500;
const retryAfterErrorMs = 5_000;

/**
 * This window's way to the events of all runs: it is the hub, or it is a client of whoever is, and when that one goes it
 * tries to be the hub itself.
 *
 *     off → (is the hub ⇄ is a client)… → disposed
 */
export class HubHost implements AsyncDisposable {
  #running: Promise<void> | undefined;
  #disposed = false;
  readonly #end = deferred();

  constructor(private readonly parts: HubFeedParts) {}

  /** Starts once; what follows is tried until the window goes. */
  start(port: number): void {
    if (!this.#disposed) this.#running ??= this.#run(port);
  }

  async #run(port: number): Promise<void> {
    // Loaded on first use: activation does not pay for the hub.
    const { feedFromHub } = await import('./hubFeed.js');
    while (!this.#disposed) {
      try {
        await feedFromHub(this.parts, port, this.#end.promise);
        await this.#pause(retryMs);
      } catch (error) {
        this.parts.logger.error(`No hub: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
        await this.#pause(retryAfterErrorMs);
      }
    }
  }

  async #pause(ms: number): Promise<void> {
    const over = deferred();
    const timer = this.parts.clock.after(ms, () => {
      over.resolve();
    });
    await Promise.race([over.promise, this.#end.promise]);
    timer[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#end.resolve();
    await this.#running;
  }
}
