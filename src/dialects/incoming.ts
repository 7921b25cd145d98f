import { fromProgressHub } from './progressHub.js';
import { fromProgressStream } from './progressStream.js';
import { fromSprintDashboard } from './sprintDashboard.js';

/**
 * What somebody publishes, in our envelope whichever dialect it is in: told by its name and shape. What is no event at
 * all passes as it is, for the check to refuse.
 */
export function fromDialect(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  if (hasDottedType(value)) return fromProgressHub(value);
  return fromSprintDashboard(value) ?? fromProgressStream(value) ?? fromProgressHub(value);
}

/** A progress hub's names are ours; no name of the other two has a dot. */
function hasDottedType(value: object): boolean {
  return 'type' in value && typeof value.type === 'string' && value.type.includes('.');
}
