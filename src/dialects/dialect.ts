import { assertNever } from '../primitives/assertNever.js';
import type { Envelope } from '../events/envelope.js';
import type { DialectName } from '../events/frames.js';
import { toProgressHub } from './progressHub.js';
import { toProgressStream } from './progressStream.js';
import { toSprintDashboard, type RunFacts } from './sprintDashboard.js';
import type { Rendered } from './words.js';

/** Undefined: the dialect has no such event. */
export function render(names: DialectName, event: Envelope, facts: RunFacts): Rendered | undefined {
  switch (names) {
    case 'hub':
      return toProgressHub(event);
    case 'dashboard':
      return toSprintDashboard(event, facts);
    case 'sse':
      return toProgressStream(event);
    default:
      return assertNever(names);
  }
}
