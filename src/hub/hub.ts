import { EventBus } from '../bus/eventBus.js';
import type { EventData } from '../events/catalogue.js';
import { newEventId } from '../events/ids.js';
import type { Envelope, PublishedEvent } from '../events/envelope.js';
import type { Clock } from '../primitives/clock.js';
import { Disposables } from '../primitives/disposables.js';
import { failpoint } from '../primitives/failpoint.js';
import type { Logger, LogLevel } from '../primitives/logger.js';
import type { Result } from '../primitives/result.js';
import { Terms } from '../records/terms.js';
import { hubToken } from '../session/discovery.js';
import { currentHolder, parseHolder } from '../session/holder.js';
import type { Ownership } from '../session/ownership.js';
import type { UserPaths } from '../session/paths.js';
import { makePrivateFolder } from '../session/privateFile.js';
import type { HubState } from '../state/hubState.js';
import { Announcement } from './announcement.js';
import { loadBundle } from './bundles.js';
import { Access, type AccessOptions } from './access.js';
import type { InterruptedRuns } from '../state/liveness.js';
import { Clients } from './clients.js';
import { HubCounters } from './counters.js';
import { Durations } from './durations.js';
import { Faults } from './faults.js';
import type { AgentFound } from './health.js';
import { HubLogger } from './hubLogger.js';
import type { Metrics } from './metrics.js';
import { readDashboardFiles } from './dashboardFiles.js';
import { EventLog } from '../log/eventLog.js';
import { Feed } from './feed.js';
import { HttpServer } from './httpServer.js';
import { Snapshots, type HubCore } from './hubCore.js';
import { Ingest, type PublishFailure } from './ingest.js';
import { JournalSource } from './journalSource.js';
import { acceptedLengths } from '../log/logRecovery.js';
import { Renderings } from './renderings.js';
import { RunIntents } from './runIntents.js';
import { RunLiveness } from './runLiveness.js';
import { ProcessWatch } from './processWatch.js';
import { RotatingFile } from './rotatingFile.js';
import type { Recipient } from './socketIo.js';
import { statistics } from './statistics.js';
import type { TlsOptions } from './tlsListener.js';
import { TokenWatch } from './tokenWatch.js';

export const defaultHubPort = 18_790;

export interface HubOptions extends AccessOptions {
  readonly user: UserPaths;
  /** Of `user.hubTerms`, already acquired. The hub releases it when it stops. */
  readonly ownership: Ownership;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  /** Where to listen if it can be had; 0 for any. Default {@link defaultHubPort}. */
  readonly port?: number;
  /** Where the hub before listened: tried after `port`, or before it when this hub takes over from that one. */
  readonly previousPort?: number;
  readonly takesOver?: boolean;
  /** Connections at a time. Default 256. */
  readonly maxConnections?: number;
  /** Listens for other machines besides. Default: only this one is served. */
  readonly tls?: TlsOptions;
  /** A log segment is closed when it has more bytes of events. */
  readonly maxSegmentBytes?: number;
  /** How much of the log is kept; see log/retention.ts. */
  readonly logMaxAgeDays?: number;
  readonly logMaxBytes?: number;
  /** Folder of the dashboard's files, for browsers. */
  readonly dashboard?: string;
  /** The least that goes to the structured log; `logger` is told everything. Default `info`. */
  readonly logLevel?: LogLevel;
  /** The bundle of `src/socketio`, loaded when the first client of Socket.IO comes. Absent: it is not served. */
  readonly socketIo?: string;
  /** The bundle of `metrics.ts`, loaded when they are first asked for. Absent: they are not served. */
  readonly metrics?: string;
  /** Looks for the agents that a run could use, when somebody asks how the hub is. */
  readonly findAgents?: () => Promise<readonly AgentFound[]>;
}

const messagesFile = { maxBytes: 2 * 1024 ** 2, files: 5 };

const tokenlessWarning =
  'Every program on this machine may read all events and publish, without a token (allowTokenlessClients)';
const dayMs = 24 * 60 * 60 * 1_000;
const statsEveryMs = 10_000;
const ownSource = 'hub';

/**
 * The hub: reads the journals of all known projects, gives each event its place in the log, and tells everybody. Composes
 * the parts of this folder; knows nothing of VS Code or of agents.
 */
export class Hub implements AsyncDisposable {
  /** Resolves when clients are served and everything that the journals held is in the log. */
  static async start(options: HubOptions): Promise<Hub> {
    const owned = new Disposables();
    owned.use(options.ownership);
    try {
      return await Hub.#start(options, owned);
    } catch (error) {
      await owned[Symbol.asyncDispose]();
      throw error;
    }
  }

  static async #start(options: HubOptions, owned: Disposables): Promise<Hub> {
    const { user, ownership, version, logLevel = 'info' } = options;
    const mayWrite = (): boolean => ownership.isCurrent();
    const logFile = owned.use(new RotatingFile({ ...messagesFile, file: user.hubMessages, mayWrite }));
    const always = { pid: process.pid, term: ownership.term };
    const logger = new HubLogger({
      ...{ file: logFile, next: options.logger, level: logLevel, clock: options.clock, always },
    });
    const counters = new HubCounters();
    const faults = new Faults(counters, logger);
    const clock = faults.clock(options.clock);
    const log = owned.use(await openLog(options, logger));
    const bus = new EventBus(logger, { clock });
    const feed = new Feed(log.lastSeq, log.recovered, logger);
    const ingest = new Ingest(log, bus, feed, clock);
    const journals = new JournalSource({ user, ingest, memory: log.memory, clock, logger });
    const token = await hubToken(user);
    logger.hide(token);
    const durations = owned.use(new Durations(bus));
    failpoint('hub.token-made');
    const self = currentHolder('hub');
    const liveness = new RunLiveness({
      state: log.memory.state,
      bus,
      projectOf: (id) => journals.project(id),
      onChange: () => {
        hub.#tellLiveness();
      },
      clock,
      logger,
    });
    let metrics: Metrics | undefined;
    const core: HubCore = {
      log,
      bus,
      feed,
      ingest,
      intents: new RunIntents(log.memory.state, (id) => journals.project(id), liveness, clock),
      ...{ counters, faults, durations, logFile, logFolder: user.hubLog },
      processWatch: owned.use(new ProcessWatch(clock)),
      interrupted: () => liveness.interrupted,
      metrics: () => (metrics ??= makeMetrics(options.metrics, durations, logger)),
      findAgents: options.findAgents ?? (() => Promise.resolve([])),
      projectOf: (id) => journals.project(id),
      snapshots: new Snapshots(log, feed, liveness),
      access: new Access(token, self.instance, clock, logger, options),
      clients: new Clients(clock),
      renderings: new Renderings(log.memory.state),
      dashboard: await readDashboardFiles(options.dashboard, logger),
      socketIo: options.socketIo,
      clock,
      logger,
      version,
    };
    const { port = defaultHubPort, previousPort = 0, takesOver = false, maxConnections, tls } = options;
    const wishes = takesOver ? [previousPort, port] : [port, previousPort];
    const limits = { ...(maxConnections !== undefined && { maxConnections }), ...(tls && { tls }) };
    const server = owned.use(await HttpServer.listen(core, { wishes, insist: takesOver, ...limits }));
    failpoint('hub.listening');
    // In this order reversed: read no more, settle what was accepted, say goodbye, close the log, let the next one in.
    owned.use(ingest);
    owned.use(journals);
    const announcement = new Announcement(user, self, options.ownership, server, token, logger);
    owned.use(liveness);
    const hub = new Hub(core, server, announcement, options.ownership, owned, liveness);
    owned.use(announcement);
    await announcement.make();
    failpoint('hub.discovery-written');
    server.onMoved = () => void announcement.keep();
    owned.use(
      new TokenWatch({
        user,
        token,
        logger,
        onChange: async (changed) => {
          logger.hide(changed);
          server.setToken(changed);
          await announcement.tellToken(changed);
        },
      }),
    );
    await journals.open();
    failpoint('hub.journals-open');
    await liveness.open();
    if (core.access.allowTokenless) logger.warn(tokenlessWarning);
    logger.info(`The hub listens on 127.0.0.1:${server.port} (log ${log.logId}, term ${options.ownership.term})`);
    return hub;
  }

  /** Aborted when the hub has stopped or lost its right to be the hub. */
  readonly ended: AbortSignal;
  readonly #ended = new AbortController();
  #stopping: Promise<void> | undefined;
  #toldCount = 0;
  #statsTimer: Disposable | undefined;

  private constructor(
    private readonly core: HubCore,
    private readonly server: HttpServer,
    private readonly announcement: Announcement,
    private readonly ownership: Ownership,
    private readonly owned: Disposables,
    private readonly liveness: RunLiveness,
  ) {
    this.ended = this.#ended.signal;
    const lost = (): void => {
      core.logger.warn('Another process became the hub; this one stops');
      void this.stop();
    };
    ownership.lost.addEventListener('abort', lost);
    owned.defer(() => {
      ownership.lost.removeEventListener('abort', lost);
      this.#statsTimer?.[Symbol.dispose]();
    });
    this.#scheduleStats();
    if (ownership.lost.aborted) lost();
  }

  get port(): number {
    return this.server.port;
  }

  /** Where other machines are served, with TLS; undefined: nowhere. */
  get tlsPort(): number | undefined {
    return this.server.tlsPort;
  }

  get logId(): string {
    return this.core.log.logId;
  }

  /** The folded state of all runs. Read only; as of the event that the bus tells. */
  get state(): HubState {
    return this.core.log.memory.state;
  }

  /** Runs that nobody executes although their events say that they go on. */
  get interrupted(): InterruptedRuns {
    return this.liveness.interrupted;
  }

  /** For subscribers in this process. */
  get bus(): Pick<EventBus, 'subscribe' | 'once' | 'waitFor' | 'history' | 'clearHistory' | 'stats'> {
    return this.core.bus;
  }

  /** The last durable events, oldest first, as far as memory holds them. */
  recent(count: number): Envelope[] {
    return this.core.feed.last(count).map(({ event }) => event);
  }

  /** Where the log ends. */
  get cursor(): string {
    return this.core.log.cursor(this.core.feed.position);
  }

  /** Takes note of an error that nobody caught: counted and told, with what it happened in, in words. */
  fault(what: string, error: unknown): void {
    this.core.faults.report(what, error);
  }

  /** Publishes for somebody in this process, as an outside publisher. Answers cursors once the events are durable. */
  publish(publisher: string, events: readonly PublishedEvent[]): Promise<Result<readonly string[], PublishFailure>> {
    return this.core.ingest.publish(publisher, events);
  }

  /** Takes nothing in any more, finishes what was accepted, says goodbye, and frees the way for the next hub. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    try {
      await this.owned[Symbol.asyncDispose]();
    } catch (error) {
      this.core.logger.error(`The hub could not stop in good order: ${String(error)}`);
    }
    this.#ended.abort();
  }

  /** Tells clients of Socket.IO something that is no event of the log. */
  tellSocketIo(to: Recipient, event: object): void {
    this.server.tellSocketIo(to, event);
  }

  #scheduleStats(): void {
    this.#statsTimer = this.core.clock.after(statsEveryMs, () => {
      this.#scheduleStats();
      this.#tell('hub.stats', statistics(this.core));
      void this.announcement.keep();
      // Again and again, because nobody can ask later for a transient event that he missed.
      this.#tellLiveness();
    });
  }

  #tellLiveness(): void {
    this.#tell('hub.liveness', { interrupted: [...this.interrupted] });
  }

  #tell<T extends 'hub.stats' | 'hub.liveness'>(type: T, data: EventData<T>): void {
    const now = this.core.clock.now();
    this.core.ingest.tell([
      {
        id: newEventId(now),
        type,
        timestamp: new Date(now).toISOString(),
        source: ownSource,
        term: this.ownership.term,
        source_seq: ++this.#toldCount,
        data,
      },
    ]);
  }
}

async function openLog(options: HubOptions, logger: Logger): Promise<EventLog> {
  const { user, ownership, clock, maxSegmentBytes, logMaxAgeDays, logMaxBytes: maxBytes } = options;
  await makePrivateFolder(user.hub, user.hubLog);
  return EventLog.open({
    dir: user.hubLog,
    term: ownership.term,
    logger,
    stillOwner: () => ownership.isCurrent(),
    accept: (lengths) => ownership.accept(lengths),
    acceptedLength: await acceptedLengths(new Terms(user.hubTerms, parseHolder)),
    now: () => clock.now(),
    ...(maxSegmentBytes === undefined ? {} : { maxSegmentBytes }),
    ...(logMaxAgeDays === undefined ? {} : { maxAgeMs: logMaxAgeDays * dayMs }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  });
}

function makeMetrics(file: string | undefined, durations: Durations, logger: Logger): Metrics | undefined {
  const bundle = loadBundle(file, logger) as typeof import('./metrics.js') | undefined;
  return bundle && new bundle.Metrics(durations);
}
