import { deferred } from '../primitives/deferred.js';
import { HubClient } from './hubClient.js';
import type { Transport } from './transport.js';

/** One connection of a {@link HubClient}: who follows decides how to go on after it. */
export const webSocketStream: Transport = {
  name: 'WebSocket',
  async follow({ hub, filter, since, clock, logger }, listener, onOpen, signal) {
    const client = new HubClient({ find: () => Promise.resolve(hub), clock, logger });
    const over = deferred();
    const end = (): void => {
      over.resolve();
    };
    client.onState.add(({ kind }) => {
      if (kind === 'open' && since !== undefined) onOpen();
      if (kind === 'waiting') end();
    });
    client.subscribe(
      filter,
      {
        onEvent: listener.onEvent,
        onBegin: (cursor) => {
          listener.onPosition(cursor);
          onOpen();
        },
        onSnapshot: (_state, cursor) => {
          listener.onReset(cursor);
        },
      },
      since,
    );
    signal.addEventListener('abort', end);
    if (!signal.aborted) {
      client.start();
      await over.promise;
    }
    signal.removeEventListener('abort', end);
    await client[Symbol.asyncDispose]();
  },
};
