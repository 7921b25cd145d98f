import type { EventBus } from '../bus/eventBus.js';
import type { Clock } from '../primitives/clock.js';
import type { Logger } from '../primitives/logger.js';
import type { Project } from '../session/projects.js';
import { clientSnapshot } from '../state/snapshot.js';
import type { Access } from './access.js';
import type { Clients } from './clients.js';
import type { HubCounters } from './counters.js';
import type { DashboardFiles } from './dashboardFiles.js';
import type { EventLog } from '../log/eventLog.js';
import type { Durations } from './durations.js';
import type { Faults } from './faults.js';
import type { Feed } from './feed.js';
import type { AgentFound } from './health.js';
import type { Ingest } from './ingest.js';
import type { InterruptedRuns } from '../state/liveness.js';
import type { Metrics } from './metrics.js';
import type { ProcessWatch } from './processWatch.js';
import type { Renderings } from './renderings.js';
import type { RunIntents } from './runIntents.js';
import type { RunLiveness } from './runLiveness.js';

/** What every transport works with. */
export interface HubCore {
  readonly log: EventLog;
  readonly bus: EventBus;
  readonly feed: Feed;
  readonly ingest: Ingest;
  readonly intents: RunIntents;
  readonly counters: HubCounters;
  readonly faults: Faults;
  readonly durations: Durations;
  readonly processWatch: ProcessWatch;
  /** The structured log's file. */
  readonly logFile: { readonly dropped: number };
  /** Where the events are kept. */
  readonly logFolder: string;
  readonly interrupted: () => InterruptedRuns;
  /** Undefined: its bundle is not there. */
  readonly metrics: () => Metrics | undefined;
  readonly findAgents: () => Promise<readonly AgentFound[]>;
  readonly projectOf: (id: string) => Project | undefined;
  readonly snapshots: Snapshots;
  readonly access: Access;
  readonly clients: Clients;
  readonly renderings: Renderings;
  readonly dashboard: DashboardFiles;
  /** The bundle of Socket.IO's server. */
  readonly socketIo: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
}

/** The folded state as JSON text, made once for all who ask between two changes. */
export class Snapshots {
  #text = '';
  #position = -1;
  #liveness = -1;

  constructor(
    private readonly log: EventLog,
    private readonly feed: Feed,
    private readonly liveness: RunLiveness,
  ) {}

  current(): { readonly cursor: string; readonly state: string } {
    const { version, interrupted } = this.liveness;
    if (this.#position !== this.feed.position || this.#liveness !== version) {
      this.#text = JSON.stringify(clientSnapshot(this.log.memory.state, interrupted));
      this.#position = this.feed.position;
      this.#liveness = version;
    }
    return { cursor: this.log.cursor(this.#position), state: this.#text };
  }
}
