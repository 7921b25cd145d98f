import { once } from 'node:events';
import { filterQuery } from './filterQuery.js';
import { openResponse } from './hubHttp.js';
import { parsedEvent } from './serverFrame.js';
import { SseParser } from './sseParser.js';
import type { Transport } from './transport.js';

const answerWithinMs = 5_000;
/** The hub sends a comment every 15 s. */
const silenceMs = 45_000;

/** Events by `GET /stream/progress`, where WebSockets do not get through. */
export const sseStream: Transport = {
  name: 'server-sent events',
  async follow({ hub, filter, since, logger }, listener, onOpen, signal) {
    const opened = await openResponse(hub, `/stream/progress${filterQuery(filter, { since })}`, {
      headers: { Accept: 'text/event-stream' },
      withinMs: answerWithinMs,
      signal,
    });
    if (!opened.ok) {
      logger.debug(`No event stream: ${opened.error.message}`);
      return;
    }
    const response = opened.value;
    if (response.statusCode !== 200) {
      logger.debug(`No event stream: the hub answered ${response.statusCode ?? 0}`);
      response.destroy();
      return;
    }
    const parser = new SseParser();
    let isOpen = false;
    response.setTimeout(silenceMs, () => response.destroy());
    response.setEncoding('utf8').on('data', (piece: string) => {
      if (signal.aborted) return;
      const messages = parser.push(piece);
      // It begins with the id of its place, which is no event yet.
      if (!isOpen && parser.lastId !== '') {
        isOpen = true;
        if (since === undefined) listener.onPosition(parser.lastId);
        onOpen();
      }
      for (const { event, data, id } of messages) {
        if (event === 'reset') listener.onReset(id);
        else {
          const parsed = parsedEvent(data);
          if (parsed) listener.onEvent(parsed);
        }
      }
    });
    if (!response.closed) await once(response, 'close').catch(() => undefined);
  },
};
