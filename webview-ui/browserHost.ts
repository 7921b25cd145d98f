import * as z from 'zod';
import { BrowserConnection } from './browserConnection.js';
import { askRun } from './browserRequests.js';
import type { Host, HostFrame } from './host.js';
import { HubAccess, takePageKey } from './hubAccess.js';
import { HubStream } from './hubStream.js';
import { readStored, store } from './stored.js';

const STORED_VIEW = 'storyloop.view';
/** Of this tab alone: what one writes is not the other's to change. */
const STORED_ANSWERS = 'storyloop.answers';

/** The page in a browser of its own, as a client of the hub that served it. */
export function browserHost(): Host {
  const shared = (): object => z.looseObject({}).safeParse(readStored(STORED_VIEW)).data ?? {};
  const handlers = new Set<(frame: HostFrame) => void>();
  const tell = (frame: HostFrame): void => {
    for (const handler of handlers) handler(frame);
  };
  const access = new HubAccess(takePageKey());
  const { signal } = new AbortController();
  const connection = new BrowserConnection({ access, stream: new HubStream(tell), filter: {}, signal });
  return {
    eventsPage: '/events',
    send: (frame) => {
      if (frame.op === 'ready') connection.start();
      else void askRun(access, frame).then(tell);
    },
    onFrame: (handler) => {
      handlers.add(handler);
      return {
        [Symbol.dispose]: () => {
          handlers.delete(handler);
        },
      };
    },
    readView: () => ({ ...shared(), answers: readStored(STORED_ANSWERS, sessionStorage) ?? [] }),
    saveView: ({ answers, ...view }) => {
      store(STORED_VIEW, view);
      store(STORED_ANSWERS, answers, sessionStorage);
    },
  };
}
