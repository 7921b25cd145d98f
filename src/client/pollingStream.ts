import type { Clock } from '../primitives/clock.js';
import { filterQuery } from './filterQuery.js';
import { askHub, type HttpFailure } from './hubHttp.js';
import { checkedPage, type HistoryPage } from './historyPage.js';
import type { StreamListener, StreamRequest, Transport } from './transport.js';

const everyMs = 1_000;
const answerWithinMs = 5_000;
const pageSize = 1_000;

/** Pages of `GET /api/events`, asked for again and again: works wherever HTTP does, and knows no transient events. */
export const pollingStream: Transport = {
  name: 'polling',
  async follow(request, listener, onOpen, signal) {
    const { clock, logger } = request;
    let since = request.since ?? (await presentCursor(request, signal));
    if (since === undefined) return;
    if (request.since === undefined) listener.onPosition(since);
    let isOpen = false;
    while (!isOver(signal)) {
      const page = await askPage(request, since, signal);
      if (!page || isOver(signal)) return;
      if ('status' in page) {
        logger.debug(`No page of events: ${page.message}`);
        since = resetCursor(page);
        if (since === undefined) return;
        listener.onReset(since);
        continue;
      }
      if (!isOpen) onOpen();
      isOpen = true;
      tell(page, listener);
      since = page.cursor;
      if (!page.more) await pause(clock, signal);
    }
  },
};

function tell({ events, cursor }: HistoryPage, listener: StreamListener): void {
  for (const event of events) listener.onEvent(event);
  listener.onPosition(cursor);
}

async function askPage(
  { hub, filter }: StreamRequest,
  since: string,
  signal: AbortSignal,
): Promise<HistoryPage | HttpFailure | undefined> {
  const target = `/api/events${filterQuery(filter, { since, limit: String(pageSize) })}`;
  const answer = await askHub(hub, target, { withinMs: answerWithinMs, signal });
  return answer.ok ? checkedPage(answer.value) : answer.error;
}

/** A function, because it can be over after any wait. */
const isOver = (signal: AbortSignal): boolean => signal.aborted;

/** Where the log ends now. */
async function presentCursor({ hub }: StreamRequest, signal: AbortSignal): Promise<string | undefined> {
  const answer = await askHub(hub, '/api/stats', { withinMs: answerWithinMs, signal });
  return answer.ok ? (answer.value as { cursor?: string }).cursor : undefined;
}

/** 410 says where events begin that can be had. */
function resetCursor({ status, details }: HttpFailure): string | undefined {
  const cursor = details?.['cursor'];
  return status === 410 && typeof cursor === 'string' ? cursor : undefined;
}

function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      timer[Symbol.dispose]();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(everyMs, done);
    signal.addEventListener('abort', done);
  });
}
