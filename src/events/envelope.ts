import * as z from 'zod';
import { err, ok, type Result } from '../primitives/result.js';
import { catalogue, isEventType, type EventData, type EventType } from './catalogue.js';
import { cursorText } from './cursor.js';
import { isRunId } from './ids.js';

const name = z.string().min(1).max(128);

/** Names of events: lower case words joined by dots; the catalogue's, or those of a newer version. */
export const eventTypeName = z
  .string()
  .max(64)
  .regex(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/, 'an event type looks like "story.started"');

export const severity = z.enum(['debug', 'info', 'warn', 'error']);

/** Data travels as one JSON line; no control characters that could end it or an SSE field early. */
const fields = {
  id: z
    .string()
    .min(1)
    .max(128)
    .regex(/^[\x21-\x7e]+$/, 'an id is printable ASCII without spaces'),
  type: eventTypeName,
  project: name.optional(),
  prd_id: name.optional(),
  run_id: name.optional(),
  story_id: name.optional(),
  /** ISO 8601 with milliseconds, UTC. */
  timestamp: z.iso.datetime({ precision: 3 }),
  source: name,
  term: z.number().int().nonnegative(),
  source_seq: z.number().int().nonnegative(),
  severity: severity.optional(),
  data: z.record(z.string(), z.unknown()),
};

const envelopeSchema = z.object(fields);
const storedSchema = z.object({ ...fields, cursor: z.string().max(64) });

/** An event as the hub tells it: with its cursor, unless it is transient. */
export const toldEvent = z.object({ ...fields, cursor: cursorText.optional() });

type Head = Omit<z.infer<typeof envelopeSchema>, 'type' | 'data'>;

/** An event of the catalogue, as its source wrote it. (`source`, `term`, `source_seq`) is known to be without gaps for runs. */
export type KnownEvent = { [T in EventType]: Head & { readonly type: T; readonly data: EventData<T> } }[EventType];

/** An event of a newer version: kept and passed on, not understood. */
export type UnknownEvent = Head & { readonly type: string; readonly data: Record<string, unknown> };

export type Envelope = KnownEvent | UnknownEvent;

/** An event with its place in the hub's log, `<log id>:<seq>`. */
export type StoredEvent = Envelope & { readonly cursor: string };

/** Narrows to the catalogue; the data of such an envelope was checked by {@link parseEnvelope}. */
export function isKnown(event: Envelope): event is KnownEvent {
  return isEventType(event.type);
}

/** Whether an event comes from the journal of the run that it names. (A publisher must not be called by a run id.) */
export function isFromRun({ run_id, source }: Envelope): boolean {
  return run_id === source && isRunId(source);
}

/** What somebody outside may send; the hub adds the rest. */
export const publishedEvent = z.object({
  id: fields.id.optional(),
  type: eventTypeName,
  project: fields.project,
  prd_id: fields.prd_id,
  run_id: fields.run_id,
  story_id: fields.story_id,
  timestamp: fields.timestamp.optional(),
  severity: fields.severity,
  data: fields.data.default({}),
});
export type PublishedEvent = z.infer<typeof publishedEvent>;

/** Checks an envelope and, when the catalogue knows its type, its data. The error says where and what. */
export function parseEnvelope(value: unknown): Result<Envelope, string> {
  return checked(envelopeSchema, value);
}

/** As {@link parseEnvelope}, for an event that has its cursor. */
export function parseStoredEvent(value: unknown): Result<StoredEvent, string> {
  return checked(storedSchema, value);
}

/** Checks the data of a type of the catalogue; data of unknown types passes. */
export function parseData(type: string, data: unknown): Result<Record<string, unknown>, string> {
  if (!isEventType(type)) return ok(data as Record<string, unknown>);
  const parsed = catalogue[type].data.safeParse(data);
  return parsed.success ? ok(parsed.data) : err(describe(parsed.error, ['data']));
}

function checked<T extends z.infer<typeof envelopeSchema>>(schema: z.ZodType<T>, value: unknown): Result<T, string> {
  const head = schema.safeParse(value);
  if (!head.success) return err(describe(head.error, []));
  const data = parseData(head.data.type, head.data.data);
  return data.ok ? ok({ ...head.data, data: data.value }) : data;
}

/** `data.passed: expected number`, for the first thing that is wrong. */
export function describe(error: z.ZodError, at: readonly string[]): string {
  const issue = error.issues[0];
  if (!issue) return 'invalid';
  const path = [...at, ...issue.path].join('.');
  return path ? `${path}: ${issue.message}` : issue.message;
}
