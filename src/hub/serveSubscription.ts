import type { FeedEntry } from './feed.js';
import type { HubCore } from './hubCore.js';
import { PacedDelivery } from './pacedDelivery.js';
import { catchUp } from './replay.js';
import type { Subscription } from './subscription.js';

export interface Receiver {
  /** Events in any second, at most; undefined: as fast as they are taken. */
  readonly rate: number | undefined;
  /** Resolves when the client has taken them. */
  readonly send: (entries: readonly FeedEntry[]) => Promise<void>;
  /** What comes next cannot be read: tells the client so, and moves the subscription on. */
  readonly lose: () => void;
}

/** Tells a subscription everything from its `next` on; without a rate it is live in the end, and told by the feed. */
export function serveSubscription(core: HubCore, subscription: Subscription, receiver: Receiver): void {
  const { log, feed, clock, logger } = core;
  const { rate, send, lose } = receiver;
  const onLost = (error: unknown): void => {
    logger.error(`The log cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    lose();
  };
  if (rate === undefined) {
    void catchUp(log, feed, subscription, send).catch((error: unknown) => {
      onLost(error);
      serveSubscription(core, subscription, receiver);
    });
  } else if (!subscription.ended) {
    new PacedDelivery(subscription, { log, feed, clock, rate, send: (entry) => send([entry]), onLost });
  }
}
