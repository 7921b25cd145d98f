import { HubClient } from '../client/hubClient.js';
import { becomeHub } from '../hub/becomeHub.js';
import type { Hub } from '../hub/hub.js';
import type { Clock } from '../primitives/clock.js';
import { deferred } from '../primitives/deferred.js';
import type { Logger } from '../primitives/logger.js';
import { readDiscovery } from '../session/discovery.js';
import type { UserPaths } from '../session/paths.js';
import { foldHub } from '../state/hubState.js';
import { restoreHub, snapshotHub } from '../state/snapshot.js';
import { recentLimit, type RunStore } from './runStore.js';

export interface HubFeedParts {
  readonly store: RunStore;
  readonly user: UserPaths;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
}

/** Feeds the store as the hub, or as a client of whoever is, until that ends or `end` resolves. */
export async function feedFromHub(parts: HubFeedParts, port: number, end: Promise<void>): Promise<void> {
  const { user, clock, logger, version } = parts;
  const hub = await becomeHub({ user, clock, logger, version, port, role: 'VS Code' });
  if (hub.ok) await serve(parts, hub.value, end);
  else if (hub.error.discovery) await attach(parts, end);
}

async function serve({ store }: HubFeedParts, hub: Hub, end: Promise<void>): Promise<void> {
  store.restart(restoreHub(snapshotHub(hub.state)), hub.interrupted, hub.recent(recentLimit), hub.cursor, foldHub);
  const subscription = hub.bus.subscribe('*', (event) => {
    store.receive(event);
  });
  const over = deferred();
  hub.ended.addEventListener('abort', () => {
    over.resolve();
  });
  if (!hub.ended.aborted) await Promise.race([over.promise, end]);
  subscription[Symbol.dispose]();
  await hub.stop();
}

/** Resolves when the connection is lost: the hub may be gone, and this window next. */
async function attach({ store, user, clock, logger }: HubFeedParts, end: Promise<void>): Promise<void> {
  const client = new HubClient({ find: () => readDiscovery(user), clock, logger });
  const lost = deferred();
  client.onState.add(({ kind }) => {
    if (kind === 'open') logger.info('Follows the hub of another process');
    if (kind === 'waiting') lost.resolve();
  });
  client.subscribe(
    {},
    {
      onEvent: (event) => {
        store.receive(event);
      },
      onSnapshot: (state, cursor, recent) => {
        store.restart(restoreHub(state), new Set(state.interrupted), recent, cursor, foldHub);
      },
    },
    'snapshot',
  );
  client.start();
  await Promise.race([lost.promise, end]);
  await client[Symbol.asyncDispose]();
}
