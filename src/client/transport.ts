import type { Envelope } from '../events/envelope.js';
import type { SubscriptionFilter } from '../events/frames.js';
import type { Clock } from '../primitives/clock.js';
import type { Logger } from '../primitives/logger.js';
import type { Discovery } from '../session/discovery.js';

/** What somebody who follows a hub is told. */
export interface StreamListener {
  readonly onEvent: (event: Envelope) => void;
  /** Everything that was wanted up to `cursor` has been told. */
  readonly onPosition: (cursor: string) => void;
  /** Events cannot be had any more; what follows comes after `cursor`. */
  readonly onReset: (cursor: string) => void;
}

export interface StreamRequest {
  readonly hub: Discovery;
  readonly filter: SubscriptionFilter;
  /** The cursor after which to go on; undefined: from now on. */
  readonly since: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One of the ways in which events come from a hub. */
export interface Transport {
  readonly name: 'WebSocket' | 'server-sent events' | 'polling';
  /**
   * Tells the events after `since`, each once and in order, as long as the connection lasts. `onOpen` is called when it
   * stands and its place in the log is known. Resolves when it is over, could not be made, or `signal` was aborted. Never rejects.
   */
  follow(request: StreamRequest, listener: StreamListener, onOpen: () => void, signal: AbortSignal): Promise<void>;
}
