import path from 'node:path';
import { HubClient } from '../client/hubClient.js';
import { findHub } from '../client/provenHub.js';
import { becomeHub } from '../hub/becomeHub.js';
import type { Hub } from '../hub/hub.js';
import type { Clock } from '../primitives/clock.js';
import { deferred } from '../primitives/deferred.js';
import type { Logger } from '../primitives/logger.js';
import type { Holder } from '../session/holder.js';
import type { UserPaths } from '../session/paths.js';
import { foldHub } from '../state/hubState.js';
import { restoreHub, snapshotHub } from '../state/snapshot.js';
import { agentsFound, hubConfig } from './hubOptions.js';
import { recentLimit, type RunStore } from './runStore.js';
import { warnWhenOpen } from './tokenlessWarning.js';

export interface HubFeedParts {
  readonly store: RunStore;
  readonly user: UserPaths;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  /** Folder of what the build makes: the dashboard's files, the extension's pieces, what the hub loads late. */
  readonly dist: string;
}

/**
 * Feeds the store as a client of whoever is the hub, until it is this window's turn; then as the hub, until another
 * process is, or `end`.
 */
export async function feedFromHub(parts: HubFeedParts, end: AbortSignal): Promise<void> {
  const { user, clock, logger, version, dist } = parts;
  const config = await hubConfig(user, logger);
  let client: HubClient | undefined;
  let became: Awaited<ReturnType<typeof becomeHub>>;
  try {
    const onWaiting = ({ role, pid }: Holder): void => {
      logger.info(`Follows the hub of another process (${role}, ${pid})`);
      // A hub that was stopped and replaced never closes its connections.
      if (client) client.reconnect();
      else client = attach(parts);
    };
    const findAgents = () => agentsFound(user);
    const late = { socketIo: path.join(dist, 'socketio.js'), metrics: path.join(dist, 'metrics.js') };
    const options = { user, clock, logger, version, dashboard: dist, ...late, ...config, findAgents };
    became = await becomeHub({ ...options, role: 'VS Code', standby: end, onWaiting });
  } finally {
    await client?.[Symbol.asyncDispose]();
  }
  if (!became.ok) return;
  warnWhenOpen(config);
  await serve(parts, became.value, end);
}

async function serve({ store }: HubFeedParts, hub: Hub, end: AbortSignal): Promise<void> {
  store.restart(restoreHub(snapshotHub(hub.state)), hub.interrupted, hub.recent(recentLimit), hub.cursor, foldHub);
  const subscription = hub.bus.subscribe('*', (event) => {
    store.receive(event);
  });
  const over = deferred();
  for (const signal of [hub.ended, end]) {
    signal.addEventListener('abort', () => {
      over.resolve();
    });
    if (signal.aborted) over.resolve();
  }
  await over.promise;
  subscription[Symbol.dispose]();
  await hub.stop();
}

function attach({ store, user, clock, logger }: HubFeedParts): HubClient {
  const client = new HubClient({ find: () => findHub(user), clock, logger });
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
  return client;
}
