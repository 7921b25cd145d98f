import { isFromRun } from '../events/envelope.js';
import type { Clock } from '../primitives/clock.js';
import { failpoint } from '../primitives/failpoint.js';
import type { Logger } from '../primitives/logger.js';
import { JournalFollower, type JournalBatch } from '../journal/tailJournal.js';
import { watchFolder } from '../records/watchFolder.js';
import { ProjectPaths, type UserPaths } from '../session/paths.js';
import { makePrivateFolder } from '../session/privateFile.js';
import { listProjects, type Project } from '../session/projects.js';
import type { HubMemory } from '../log/memory.js';
import type { Ingest } from './ingest.js';

const retryMs = 1_000;
const projectsPollMs = 2_000;

export interface JournalSourceOptions {
  readonly user: UserPaths;
  readonly ingest: Ingest;
  readonly memory: HubMemory;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Follows the journals of all known projects into the log. Reads only: a run does not notice whether there is a hub. What
 * the log has is not read again; what could not be stored is tried until it can.
 */
export class JournalSource implements AsyncDisposable {
  readonly #followed = new Map<string, { readonly project: Project; readonly follower: JournalFollower }>();
  readonly #closing = new AbortController();
  #watch: Disposable | undefined;
  #refreshing: Promise<void> = Promise.resolve();

  constructor(private readonly options: JournalSourceOptions) {}

  /** Resolves when everything that the journals hold by now has been handed over. */
  async open(): Promise<void> {
    // So that it can be watched from the start.
    const { projects } = this.options.user;
    await makePrivateFolder(projects, projects);
    this.#watch = watchFolder(projects, () => void this.#refresh(), projectsPollMs);
    await this.#refresh();
  }

  project(id: string): Project | undefined {
    return this.#followed.get(id)?.project;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#watch?.[Symbol.dispose]();
    await this.#refreshing;
    await Promise.all([...this.#followed.values()].map(({ follower }) => follower[Symbol.asyncDispose]()));
    this.#followed.clear();
  }

  #refresh(): Promise<void> {
    this.#refreshing = this.#refreshing.then(async () => {
      try {
        await this.#followKnown();
      } catch (error) {
        this.options.logger.error(`The known projects cannot be followed: ${String(error)}`);
      }
    });
    return this.#refreshing;
  }

  async #followKnown(): Promise<void> {
    const projects = await listProjects(this.options.user);
    for (const [id, { project, follower }] of this.#followed) {
      if (projects.some((known) => known.id === id && known.common_dir === project.common_dir)) continue;
      this.#followed.delete(id);
      await follower[Symbol.asyncDispose]();
    }
    const added = projects.filter((project) => !this.#followed.has(project.id));
    await Promise.all(added.map((project) => this.#follow(project)));
  }

  async #follow(project: Project): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const { memory, logger } = this.options;
    const follower = new JournalFollower(new ProjectPaths(project.common_dir), {
      after: (runId) => memory.mark(runId),
      onBatch: (batch) => this.#take(batch),
      logger,
    });
    this.#followed.set(project.id, { project, follower });
    try {
      await follower.open();
    } catch (error) {
      // The next look at the projects tries again.
      this.#followed.delete(project.id);
      await follower[Symbol.asyncDispose]();
      logger.error(`${project.root} cannot be followed: ${String(error)}`);
    }
  }

  async #take(batch: JournalBatch): Promise<void> {
    const { ingest, logger } = this.options;
    if (batch.transient) {
      ingest.tell(batch.events.filter(isFromRun));
      return;
    }
    for (let attempt = 1; !this.#closing.signal.aborted; attempt += 1) {
      const stored = await ingest.journal(batch.events);
      failpoint('hub.batch-taken');
      // Whoever owns the log from now on reads the journals itself.
      if (stored.ok || stored.error.kind === 'fenced' || stored.error.kind === 'closed') return;
      if (attempt === 1) logger.error(`Events wait for the log: ${stored.error.message}`);
      await this.#pause();
    }
  }

  #pause(): Promise<void> {
    const { signal } = this.#closing;
    return new Promise((resolve) => {
      const timer = this.options.clock.after(retryMs, done);
      signal.addEventListener('abort', done);
      function done(): void {
        timer[Symbol.dispose]();
        signal.removeEventListener('abort', done);
        resolve();
      }
    });
  }
}
