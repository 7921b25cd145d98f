import type { EventData } from '../events/catalogue.js';
import type { HubCore } from './hubCore.js';

/** What the hub says of itself: in `hub.stats`, to `/api/stats`, and in other words to `/metrics`. Counts are since its start. */
export function statistics(core: HubCore) {
  const { bus, counters, log, feed, ingest, durations, processWatch, logFile } = core;
  const { delivered, ...clients } = counters.toJSON();
  const told = bus.stats();
  return {
    ...told,
    ...clients,
    /** `published`: told to who listens, the transient ones too. `delivered`: messages with events, of all clients. */
    events: { stored: feed.stored, published: told.total_events, delivered, waiting: ingest.waiting },
    ...durations.totals(),
    ...processWatch.figures(),
    log: { id: log.logId, last_seq: log.lastSeq, ...log.size },
    log_lines_dropped: logFile.dropped,
    cursor: log.cursor(feed.position),
  } satisfies EventData<'hub.stats'>;
}

export type Statistics = ReturnType<typeof statistics>;
