import * as z from 'zod';
import { intentName } from './catalogue.js';
import { cursorText } from './cursor.js';
import { publishedEvent, severity, toldEvent } from './envelope.js';
import { eventPattern } from './pattern.js';
import { answerText, questionId } from './question.js';

const requestId = z.union([z.number().int(), z.string().max(64)]);
export type RequestId = z.infer<typeof requestId>;

const request = { id: requestId.optional() };
const name = z.string().min(1).max(128);
const names = z.array(name).max(100);

/** What a client may want of the stream; absent means everything. */
export const subscriptionFilter = z.object({
  types: z.array(eventPattern).max(100).optional(),
  projects: names.optional(),
  prds: names.optional(),
  runs: names.optional(),
  stories: names.optional(),
  severities: z.array(severity).max(4).optional(),
});
export type SubscriptionFilter = z.infer<typeof subscriptionFilter>;

/** What each part of a filter is called in an address, where it is one of several. */
export const filterParameters = {
  types: 'type',
  projects: 'project',
  prds: 'prd',
  runs: 'run',
  stories: 'story',
  severities: 'severity',
} as const satisfies Record<keyof SubscriptionFilter, string>;

/** Whose names and envelopes a client wants: those of a progress hub, a sprint dashboard or a progress stream. */
export const dialectName = z.enum(['hub', 'dashboard', 'sse']);
export type DialectName = z.infer<typeof dialectName>;

/** Events in any second, at most. */
export const maxRate = z.number().int().min(1).max(1_000);

/** How a client wants to be told. */
export const delivery = z.object({ names: dialectName.optional(), max_rate: maxRate.optional() });
export type Delivery = z.infer<typeof delivery>;

/** An intent for a run, checked in one place for WebSocket, HTTP and the dashboard. */
export const runIntent = z.object({
  run_id: name,
  now: z.boolean().optional(),
  story_id: z.string().max(128).optional(),
  ac_index: z.number().int().positive().optional(),
  question_id: questionId.optional(),
  answer: answerText.optional(),
});

/** What `POST /api/tickets` answers. */
export const ticketAnswer = z.object({ url: z.url({ protocol: /^http$/ }) });

/** Client → hub. Every request that carries an `id` is answered by `ok` or `error` with the same id. */
export const clientFrame = z.discriminatedUnion('op', [
  z.object({
    op: z.literal('subscribe'),
    ...request,
    ...subscriptionFilter.shape,
    ...delivery.shape,
    since: cursorText.optional(),
    batch: z.boolean().optional(),
  }),
  z.object({ op: z.literal('subscribe_prd'), ...request, prd_id: name }),
  z.object({ op: z.literal('unsubscribe'), ...request, subscription: z.string().max(64) }),
  z.object({ op: z.literal('publish'), ...request, events: z.array(publishedEvent).min(1).max(1_000) }),
  /** An event for one client alone, told once and stored nowhere. */
  z.object({ op: z.literal('send'), ...request, client_id: z.string().max(64), event: publishedEvent }),
  z.object({ op: z.literal('ping'), ...request }),
  z.object({ op: z.literal('health'), ...request }),
  /** Of the last events that the hub's own handlers can ask for; the log is not touched. */
  z.object({ op: z.literal('clear_history'), ...request }),
  z.object({
    op: z.enum(intentName.options.map((intent) => `run.${intent}` as const)),
    ...request,
    ...runIntent.shape,
  }),
]);
export type ClientFrame = z.infer<typeof clientFrame>;

/** Codes are upper snake case and never change their meaning. */
export const errorCode = z.enum([
  'INVALID_JSON',
  'INVALID_FRAME',
  'INVALID_EVENT',
  'INVALID_PATTERN',
  'INVALID_CURSOR',
  /** What is asked for is no path. */
  'INVALID_PATH',
  'UNKNOWN_RUN',
  /** The run's project is not known to the hub any more. */
  'PROJECT_NOT_FOUND',
  /** A story cannot be asked that as it is now; the message says why. */
  'NOT_POSSIBLE',
  /** Nobody executes the run, so nobody would do what is asked. */
  'NOT_EXECUTED',
  'UNKNOWN_SUBSCRIPTION',
  /** No client of this id is connected. */
  'UNKNOWN_CLIENT',
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
  /** Names the request in the hub's log too. */
  request_id: z.string().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});

/** Why a stream cannot go on where a client was: the events are gone, the log is another one, or it is not that far. */
export const resetReason = z.enum(['expired', 'unknown_log', 'ahead']);

const place = z.string();
const subscriptions = z.array(z.string());
/** The folded state (`state/snapshot.ts`). */
const state = z.looseObject({ runs: z.array(z.looseObject({ id: z.string() })) });

/** What the answers to some requests hold. */
const answerFields = {
  subscription: z.string().optional(),
  from: place.optional(),
  cursors: z.array(place).optional(),
  intent_id: z.string().optional(),
};

/** Hub → client, as this version sends them. In an event of a subscription with `names`, `event` is that dialect's. */
export const sentFrame = z.discriminatedUnion('op', [
  z.object({
    op: z.literal('connected'),
    client_id: z.string(),
    version: z.string(),
    protocol: z.number().int(),
    log_id: z.string(),
    cursor: place,
  }),
  z.object({ op: z.literal('init'), state, events: z.array(toldEvent), cursor: place }),
  /** `s` are the subscriptions that want it; none for what was sent to this client alone. */
  z.object({ op: z.literal('event'), s: subscriptions, event: toldEvent }),
  z.object({ op: z.literal('events'), events: z.array(z.object({ s: subscriptions, event: toldEvent })) }),
  z.object({ op: z.literal('reset'), ...request, reason: resetReason, cursor: place, state }),
  z.object({ op: z.literal('pong'), ...request }),
  z.object({
    op: z.literal('ok'),
    ...request,
    ...answerFields,
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
  z.looseObject({
    op: z.literal('init'),
    state: snapshotFrame,
    events: z.array(z.unknown()).default([]),
    cursor: place,
  }),
  z.looseObject({ op: z.literal('event'), s: subscriptions, event: z.looseObject({}) }),
  z.looseObject({
    op: z.literal('events'),
    events: z.array(z.looseObject({ s: subscriptions, event: z.looseObject({}) })),
  }),
  z.looseObject({ op: z.literal('reset'), ...request, cursor: place, state: snapshotFrame }),
  z.looseObject({ op: z.literal('pong'), ...request }),
  z.looseObject({
    op: z.literal('ok'),
    ...request,
    ...answerFields,
  }),
  z.looseObject({ op: z.literal('error'), ...request, code: z.string(), message: z.string() }),
]);
