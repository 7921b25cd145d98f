import type { Envelope } from '../events/envelope.js';
import type { Rendered } from './words.js';

/** An event as that hub tells it, over whatever. */
interface ProgressEvent {
  readonly type: string;
  readonly prd_id: string | null;
  readonly story_id: string | null;
  /** ISO 8601, UTC. */
  readonly timestamp: string;
  /** Of a story's event it repeats `story_id`. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** The progress hub: our names, an envelope of five fields. Every event has a counterpart. */
export function toProgressHub(event: Envelope): Rendered & { readonly body: ProgressEvent } {
  const { type, prd_id = null, story_id = null, timestamp } = event;
  const about = story_id === null ? {} : { story_id };
  // Always there in that hub, optional with us.
  const status = type === 'story.started' ? { status: 'in_progress' } : {};
  return { type, body: { type, prd_id, story_id, timestamp, data: { ...about, ...status, ...event.data } } };
}

/** What such a client publishes: names that it leaves open are null, its times may have no or more decimals. */
export function fromProgressHub(value: object): object {
  const { prd_id, story_id, timestamp } = value as Readonly<Record<string, unknown>>;
  const time = normalTime(timestamp);
  // Most events are in our own envelope already, and need no copy.
  if (prd_id !== null && story_id !== null && time === timestamp) return value;
  const event: Record<string, unknown> = { ...value };
  if (prd_id === null) delete event['prd_id'];
  if (story_id === null) delete event['story_id'];
  if (timestamp !== undefined) event['timestamp'] = time;
  return event;
}

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** ISO 8601 in UTC with milliseconds; what is no time stays, for the check to refuse. */
export function normalTime(value: unknown): unknown {
  if (typeof value !== 'string' || !isoTime.test(value)) return value;
  const time = Date.parse(value);
  return Number.isNaN(time) ? value : new Date(time).toISOString();
}
