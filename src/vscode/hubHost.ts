import type { Hub } from '../hub/hub.js';
import type { Clock } from '../primitives/clock.js';
import { deferred } from '../primitives/deferred.js';
import type { Logger } from '../primitives/logger.js';
import { readDiscovery } from '../session/discovery.js';
import type { UserPaths } from '../session/paths.js';
import { snapshotHub } from '../state/snapshot.js';
import { recentLimit, type RunStore } from './runStore.js';

export interface HubHostParts {
  readonly store: RunStore;
  readonly user: UserPaths;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
}

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
  readonly #end = new AbortController();

  constructor(private readonly parts: HubHostParts) {}

  /** Starts once; what follows is tried until the window goes. */
  start(port: number): void {
    if (!this.#end.signal.aborted) this.#running ??= this.#run(port);
  }

  async #run(port: number): Promise<void> {
    const { logger } = this.parts;
    while (!this.#end.signal.aborted) {
      try {
        await this.#once(port);
        await this.#pause(retryMs);
      } catch (error) {
        logger.error(`No hub: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
        await this.#pause(retryAfterErrorMs);
      }
    }
  }

  /** Is the hub, or a client of the hub, until that ends. */
  async #once(port: number): Promise<void> {
    const { user, clock, logger, version } = this.parts;
    // Loaded on first use: activation does not pay for it.
    const { becomeHub } = await import('../hub/becomeHub.js');
    const hub = await becomeHub({ user, clock, logger, version, port, role: 'VS Code' });
    if (hub.ok) await this.#serve(hub.value);
    else if (hub.error.discovery) await this.#attach();
  }

  async #serve(hub: Hub): Promise<void> {
    const { store } = this.parts;
    store.restart(snapshotHub(hub.state), hub.recent(recentLimit), hub.cursor);
    const subscription = hub.bus.subscribe('*', (event) => {
      store.receive(event);
    });
    await aborted(AbortSignal.any([hub.ended, this.#end.signal]));
    subscription[Symbol.dispose]();
    await hub.stop();
  }

  /** Resolves when the connection is lost: the hub may be gone, and this window next. */
  async #attach(): Promise<void> {
    const { store, user, clock, logger } = this.parts;
    const { HubClient } = await import('../client/hubClient.js');
    const client = new HubClient({ find: () => readDiscovery(user), clock, logger });
    const lost = deferred();
    client.onState.add(({ kind }) => {
      if (kind === 'open') logger.info('Follows the hub of another window');
      if (kind === 'waiting') lost.resolve();
    });
    client.subscribe(
      {},
      {
        onEvent: (event) => {
          store.receive(event);
        },
        onSnapshot: (state, cursor, recent) => {
          store.restart(state, recent, cursor);
        },
      },
      'snapshot',
    );
    client.start();
    await Promise.race([lost.promise, aborted(this.#end.signal)]);
    await client[Symbol.asyncDispose]();
  }

  async #pause(ms: number): Promise<void> {
    const over = deferred();
    const timer = this.parts.clock.after(ms, () => {
      over.resolve();
    });
    await Promise.race([over.promise, aborted(this.#end.signal)]);
    timer[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#running;
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const over = deferred();
  signal.addEventListener(
    'abort',
    () => {
      over.resolve();
    },
    { once: true },
  );
  await over.promise;
}
