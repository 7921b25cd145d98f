import path from 'node:path';
import { EventBus } from '../../../src/bus/eventBus.js';
import type { Envelope } from '../../../src/events/envelope.js';
import { EventLog } from '../../../src/log/eventLog.js';
import { Feed, type FeedEntry } from '../../../src/hub/feed.js';
import { Ingest } from '../../../src/hub/ingest.js';
import { acceptedLengths } from '../../../src/log/logRecovery.js';
import { silentLogger, type Logger } from '../../../src/primitives/logger.js';
import { Terms } from '../../../src/records/terms.js';
import { currentHolder, parseHolder } from '../../../src/session/holder.js';
import { makePrivateFolder } from '../../../src/session/privateFile.js';
import { FakeClock } from '../../rig/fakeClock.js';

export interface LogRigOptions {
  readonly maxSegmentBytes?: number;
  readonly maxBytes?: number;
  readonly maxAgeMs?: number;
  readonly now?: () => number;
  readonly logger?: Logger;
  /** How many events the feed keeps in memory. */
  readonly tailEvents?: number;
  /** Asked in addition to the terms. */
  readonly stillOwner?: () => boolean;
}

/** A hub's log and what stands on it, without sockets. */
export class LogRig implements AsyncDisposable {
  /** Claims the next term, whoever had the last, and opens the log in `folder`. */
  static async open(folder: string, options: LogRigOptions = {}): Promise<LogRig> {
    const terms = new Terms(path.join(folder, 'terms'), parseHolder);
    const term = ((await terms.highest())?.term ?? 0) + 1;
    await terms.claim(term, currentHolder('test'));
    const dir = path.join(folder, 'log');
    await makePrivateFolder(folder, dir);
    const log = await EventLog.open({
      dir,
      term,
      logger: silentLogger,
      accept: async (lengths) => {
        await terms.accept(term, lengths);
      },
      acceptedLength: await acceptedLengths(terms),
      ...options,
      stillOwner: () => terms.isHighest(term) && (options.stillOwner?.() ?? true),
    });
    return new LogRig(term, dir, log, options.tailEvents);
  }

  readonly bus = new EventBus(silentLogger);
  readonly clock = new FakeClock();
  readonly feed: Feed;
  readonly ingest: Ingest;

  private constructor(
    readonly term: number,
    readonly dir: string,
    readonly log: EventLog,
    tailEvents: number | undefined,
  ) {
    this.feed = new Feed(log.lastSeq, log.recovered, silentLogger, tailEvents);
    this.ingest = new Ingest(log, this.bus, this.feed, this.clock);
  }

  /** Publishes `count` events of an outsider; answers their cursors. */
  async publish(count: number, publisher = 'external'): Promise<readonly string[]> {
    const events = Array.from({ length: count }, (_, index) => ({
      type: 'log.message',
      data: { level: 'info', message: `${index}` },
    }));
    const stored = await this.ingest.publish(publisher, events);
    if (!stored.ok) throw new Error(stored.error.message);
    return stored.value;
  }

  /** All events of the log as they are on disk. */
  async stored(from = 1): Promise<FeedEntry[]> {
    const entries: FeedEntry[] = [];
    for await (const batch of this.log.read(from, this.log.lastSeq)) entries.push(...batch);
    return entries;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.ingest[Symbol.asyncDispose]();
    await this.log[Symbol.asyncDispose]();
  }
}

/** An event as a run's journal has it. */
export function runEvent(run: string, seq: number, more: Partial<Envelope> = {}): Envelope {
  return {
    id: `e_${run}_${seq}`,
    type: 'log.message',
    prd_id: 'sample-prd-000000',
    run_id: run,
    source: run,
    term: 1,
    source_seq: seq,
    timestamp: '2026-01-01T00:00:00.000Z',
    data: { level: 'info', message: `${seq}` },
    ...more,
  };
}
