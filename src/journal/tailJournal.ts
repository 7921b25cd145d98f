import type { Envelope } from '../events/envelope.js';
import type { Logger } from '../primitives/logger.js';
import type { ProjectPaths } from '../session/paths.js';

export interface JournalBatch {
  readonly events: readonly Envelope[];
  /** Transient events come as they are told, outside the order. */
  readonly transient: boolean;
}

/**
 * Follows all runs of a project as their journals grow: each run's events in order, every durable one once from
 * `after(runId)` (a `source_seq`) on, ghosts' appendices left out. `onBatch` is awaited: the follower never runs ahead.
 */
export class JournalFollower implements AsyncDisposable {
  constructor(
    readonly project: ProjectPaths,
    readonly options: {
      readonly after: (runId: string) => number;
      readonly onBatch: (batch: JournalBatch) => Promise<void>;
      readonly logger: Logger;
      readonly pollMs?: number;
    },
  ) {}

  /** Starts following; resolves when everything that was there has been handed over. */
  async open(): Promise<void> {
    await Promise.resolve();
    throw new Error('stub');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.resolve();
  }
}
