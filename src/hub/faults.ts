import type { Clock } from '../primitives/clock.js';
import type { Logger } from '../primitives/logger.js';
import type { HubCounters } from './counters.js';

/** Where bugs end: told and counted, so that one in a request, a timer or a stream disturbs nothing else. */
export class Faults {
  constructor(
    private readonly counters: Pick<HubCounters, 'faults'>,
    private readonly logger: Logger,
  ) {}

  /** `what` failed, in words: "GET /api/state", "a timer". Never throws. */
  report(what: string, error: unknown, requestId?: string): void {
    this.counters.faults += 1;
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.logger.error(`${what} failed: ${why}`, { request_id: requestId });
  }

  /** The same function, for callers who cannot bear that it throws. `afterwards` is done when it did. */
  guard<Args extends unknown[]>(
    what: string,
    run: (...args: Args) => void,
    afterwards: (...args: Args) => void = () => {},
  ): (...args: Args) => void {
    return (...args) => {
      try {
        run(...args);
      } catch (error) {
        this.report(what, error);
        afterwards(...args);
      }
    };
  }

  /** A clock whose callbacks are guarded: an error in a timer would end the process, or VS Code's extension host know it. */
  clock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      after: (ms, callback) => clock.after(ms, this.guard('A timer', callback)),
    };
  }
}
