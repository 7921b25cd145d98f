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
  return Object.fromEntries(
    Object.entries(value).flatMap(([field, content]: [string, unknown]) => {
      if (content === null && (field === 'prd_id' || field === 'story_id')) return [];
      return [[field, field === 'timestamp' ? normalTime(content) : content]];
    }),
  );
}

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** ISO 8601 in UTC with milliseconds; what is no time stays, for the check to refuse. */
export function normalTime(value: unknown): unknown {
  if (typeof value !== 'string' || !isoTime.test(value)) return value;
  const time = Date.parse(value);
  return Number.isNaN(time) ? value : new Date(time).toISOString();
}
