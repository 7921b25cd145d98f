import * as z from 'zod';
import { intentName } from './catalogue.js';
import { cursorText } from './cursor.js';
import { publishedEvent, toldEvent } from './envelope.js';
import { eventPattern } from './pattern.js';

const request = { id: z.union([z.number().int(), z.string().max(64)]).optional() };
const names = z.array(z.string().min(1).max(128)).max(100);

/** What a client may want of the stream; absent means everything. */
export const subscriptionFilter = z.object({
  types: z.array(eventPattern).max(100).optional(),
  projects: names.optional(),
  prds: names.optional(),
  runs: names.optional(),
  stories: names.optional(),
});
export type SubscriptionFilter = z.infer<typeof subscriptionFilter>;

/** An intent for a run, checked in one place for WebSocket, HTTP and the dashboard. */
export const runIntent = z.object({
  run_id: z.string().min(1).max(128),
  story_id: z.string().max(128).optional(),
  ac_index: z.number().int().positive().optional(),
});

/** What `POST /api/tickets` answers. */
export const ticketAnswer = z.object({ url: z.url({ protocol: /^http$/ }) });

/** Client → hub. Every request that carries an `id` is answered by `ok` or `error` with the same id. */
export const clientFrame = z.discriminatedUnion('op', [
  z.object({
    op: z.literal('subscribe'),
    ...request,
    ...subscriptionFilter.shape,
    since: cursorText.optional(),
    batch: z.boolean().optional(),
  }),
  z.object({ op: z.literal('subscribe_prd'), ...request, prd_id: z.string().min(1).max(128) }),
  z.object({ op: z.literal('unsubscribe'), ...request, subscription: z.string().max(64) }),
  z.object({ op: z.literal('publish'), ...request, events: z.array(publishedEvent).min(1).max(1_000) }),
  z.object({ op: z.literal('ping'), ...request }),
  z.object({ op: z.literal('health'), ...request }),
  z.object({
    op: z.enum(intentName.options.map((name) => `run.${name}` as const)),
    ...request,
    ...runIntent.shape,
  }),
]);
export type ClientFrame = z.infer<typeof clientFrame>;

export type RequestId = number | string;

/** Codes are upper snake case and never change their meaning. */
export const errorCode = z.enum([
  'INVALID_JSON',
  'INVALID_FRAME',
  'INVALID_EVENT',
  'INVALID_PATTERN',
  'INVALID_CURSOR',
  'UNKNOWN_RUN',
  /** The request has a name and is not done by this version. */
  'NOT_SUPPORTED',
  /** Nobody executes the run, so nobody would do what is asked. */
  'NOT_EXECUTED',
  'UNKNOWN_SUBSCRIPTION',
  'NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'FORBIDDEN',
  'FORBIDDEN_HOST',
  'FORBIDDEN_ORIGIN',
  'UNAUTHORIZED',
  'RATE_LIMITED',
  'TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'INSUFFICIENT_STORAGE',
  'UNAVAILABLE',
  'INTERNAL',
]);
export type ErrorCode = z.infer<typeof errorCode>;

/** The body of every answer that refuses a request over HTTP, and what an `error` frame holds. */
export const errorBody = z.object({
  code: errorCode,
  message: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
});

/** Why a stream cannot go on where a client was: the events are gone, the log is another one, or it is not that far. */
export const resetReason = z.enum(['expired', 'unknown_log', 'ahead']);

const requestId = request.id;
const cursor = z.string();
const subscriptions = z.array(z.string());
/** The folded state (`state/snapshot.ts`). */
const state = z.looseObject({ runs: z.array(z.looseObject({ id: z.string() })) });

/** Hub → client, as this version sends them. */
export const sentFrame = z.discriminatedUnion('op', [
  z.object({
    op: z.literal('connected'),
    client_id: z.string(),
    version: z.string(),
    protocol: z.number().int(),
    log_id: z.string(),
    cursor,
  }),
  z.object({ op: z.literal('init'), state, events: z.array(toldEvent), cursor }),
  z.object({ op: z.literal('event'), s: subscriptions, event: toldEvent }),
  z.object({ op: z.literal('events'), events: z.array(z.object({ s: subscriptions, event: toldEvent })) }),
  z.object({ op: z.literal('reset'), ...request, reason: resetReason, cursor, state }),
  z.object({ op: z.literal('pong'), ...request }),
  z.object({
    op: z.literal('ok'),
    ...request,
    subscription: z.string().optional(),
    from: cursor.optional(),
    cursors: z.array(cursor).optional(),
    intent_id: z.string().optional(),
    health: z.looseObject({}).optional(),
  }),
  z.object({ op: z.literal('error'), ...request, ...errorBody.shape }),
]);

/** {@link sentFrame}, with the type that the folded state has where the frame is used. */
export type HubFrame<Snapshot = unknown> = WithState<z.infer<typeof sentFrame>, Snapshot>;
type WithState<Frame, Snapshot> = Frame extends { state: unknown } ? Omit<Frame, 'state'> & { state: Snapshot } : Frame;

/** As much of a snapshot as restoring it relies on. */
const snapshotFrame = z.looseObject({
  runs: z.array(z.looseObject({ id: z.string(), stories: z.array(z.looseObject({ id: z.string() })) })),
});

/** What a client relies on in the frames of a hub, which may be older or newer than it. What it does not name is passed over. */
export const hubFrame = z.discriminatedUnion('op', [
  z.looseObject({ op: z.literal('connected'), version: z.string().optional(), protocol: z.number().optional() }),
  z.looseObject({ op: z.literal('init'), state: snapshotFrame, events: z.array(z.unknown()).default([]), cursor }),
  z.looseObject({ op: z.literal('event'), s: subscriptions, event: z.looseObject({}) }),
  z.looseObject({
    op: z.literal('events'),
    events: z.array(z.looseObject({ s: subscriptions, event: z.looseObject({}) })),
  }),
  z.looseObject({ op: z.literal('reset'), id: requestId, cursor, state: snapshotFrame }),
  z.looseObject({ op: z.literal('pong'), id: requestId }),
  z.looseObject({
    op: z.literal('ok'),
    id: requestId,
    subscription: z.string().optional(),
    from: cursor.optional(),
    cursors: z.array(cursor).optional(),
    intent_id: z.string().optional(),
  }),
  z.looseObject({ op: z.literal('error'), id: requestId, code: z.string(), message: z.string() }),
]);
