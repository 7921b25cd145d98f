import type { Envelope } from '../events/envelope.js';
import type { RunPlan } from '../plan/plan.js';
import type { Clock } from '../primitives/clock.js';
import type { Logger } from '../primitives/logger.js';
import type { Holder } from '../session/holder.js';
import type { UserPaths } from '../session/paths.js';
import type { RunState } from '../state/runState.js';
import type { Control } from './control.js';

export interface RunRequest {
  readonly plan: RunPlan;
  readonly user: UserPaths;
  /** `auto` takes an unfinished run of the PRD up again; `resume` insists on it; `fresh` never does. */
  readonly mode: 'auto' | 'resume' | 'fresh';
  /** How long to wait for another owner, milliseconds. */
  readonly waitMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly control: Control;
  readonly onWaiting: (holder: Holder) => void;
  /** Told when the run stands still because the disk is full, and when it goes on. */
  readonly onDiskRoom: (isFull: boolean) => void;
  /** Told of every event as it becomes durable, with the state it leads to. */
  readonly onEvent: (event: Envelope, state: RunState) => void;
}
