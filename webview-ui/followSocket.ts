import { parseServerFrame } from '../src/client/serverFrame.js';
import type { Following } from './browserConnection.js';

const openWithinMs = 5_000;
/** `hub.stats` comes every 10 s. */
const silenceMs = 35_000;
const subscribeId = 'page';

/** Follows the hub over a WebSocket until that is over; answers whether there was one at all. */
export function followSocket({ access, stream, filter, signal }: Following, opened: () => void): Promise<boolean> {
  return new Promise((resolve) => {
    let isOpen = false;
    let subscription: string | undefined;
    let timer = setTimeout(over, openWithinMs);
    const socket = access.socket();
    socket.onclose = over;
    signal.addEventListener('abort', over);
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      clearTimeout(timer);
      timer = setTimeout(over, silenceMs);
      receive(String(data));
    };

    function over(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      socket.onclose = socket.onmessage = null;
      socket.close();
      resolve(isOpen);
    }

    function receive(message: string): void {
      const frame = parseServerFrame(message);
      if (!frame) return;
      switch (frame.op) {
        case 'init':
          isOpen = true;
          opened();
          if (stream.cursor === undefined) stream.begin(frame);
          else stream.resumed();
          socket.send(
            JSON.stringify({ ...filter, op: 'subscribe', id: subscribeId, since: stream.cursor, batch: true }),
          );
          return;
        case 'ok':
          if (frame.id === subscribeId) subscription = frame.subscription;
          return;
        case 'error':
          if (frame.id === subscribeId) over();
          return;
        case 'reset':
          stream.restart(frame);
          return;
        case 'event':
          if (isMine(frame.s)) stream.take([frame.event]);
          return;
        case 'events':
          stream.take(frame.events.filter(({ s }) => isMine(s)).map(({ event }) => event));
          return;
        case 'connected':
        case 'pong':
          return;
      }
    }

    /** Until the subscription stands, everything is told to everybody; those events come again with it. */
    function isMine(subscriptions: readonly string[]): boolean {
      return subscription !== undefined && subscriptions.includes(subscription);
    }
  });
}
