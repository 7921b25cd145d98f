import * as z from 'zod';
import { intentName } from '../../../src/events/catalogue.js';
import { cursorText } from '../../../src/events/cursor.js';
import { publishedEvent, toldEvent } from '../../../src/events/envelope.js';
import { dialectName, runIntent, sentFrame, ticketAnswer, type ErrorCode } from '../../../src/events/frames.js';
import { publisherName } from '../../../src/events/publisher.js';
import { helloNonce } from '../../../src/session/helloProof.js';

/** One thing that can be asked over HTTP, with what it answers. */
export interface HttpOperation {
  readonly id: string;
  readonly method: 'GET' | 'POST';
  /** Parameters in braces. */
  readonly path: string;
  readonly summary: string;
  readonly parameters?: Readonly<Record<string, { readonly description: string; readonly enum?: readonly string[] }>>;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** JSON unless `contentType` says otherwise; then the body is text. */
  readonly answer: { readonly status: number; readonly body: z.ZodType; readonly contentType?: string };
  /** What this operation refuses with, beside what the gate does. */
  readonly errors: Readonly<Partial<Record<ErrorCode, number>>>;
  /** Bodies and queries to try, of which at least one is answered well. */
  readonly examples?: { readonly query?: readonly object[]; readonly body?: readonly object[] };
}

/** What any request can be refused with, before it is looked at. */
export const gateErrors = {
  FORBIDDEN: 403,
  FORBIDDEN_HOST: 421,
  FORBIDDEN_ORIGIN: 403,
  UNAUTHORIZED: 401,
  RATE_LIMITED: 429,
  INVALID_PATH: 400,
  TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  UNAVAILABLE: 503,
  INTERNAL: 500,
} as const satisfies Partial<Record<ErrorCode, number>>;

const list = (what: string) => z.string().optional().describe(`${what}; several separated by commas, or repeated`);
const filter = {
  type: list('Patterns of types, such as story.*'),
  project: list('Projects'),
  prd: list('PRDs'),
  run: list('Runs'),
  story: list('Stories'),
  severity: list('Severities'),
};
const cursor = cursorText.optional();
const place = z.union([cursorText, z.iso.datetime({ offset: true })]).optional();
const state = sentFrame.def.options[1].shape.state;
const publisher = z.string().regex(publisherName).optional().describe('The name of who publishes');
const cursors = z.object({ cursors: z.array(cursorText) });

/** What somebody wants who subscribes by an address. */
export const wishQuery = z.object({
  ...filter,
  names: dialectName.optional().describe('Whose names and envelopes to send'),
  max_rate: z
    .string()
    .regex(/^([1-9]\d{0,2}|1000)$/)
    .optional()
    .describe('Events in any second, at most'),
});
export const streamQuery = wishQuery.extend({ since: cursor });

const runQuery = z.object({ run: z.string().optional(), prd: z.string().optional() });
const reportOperations: readonly HttpOperation[] = (
  [
    ['/story-descriptions.json', 'The stories: id to title, description and criteria.', 'application/json'],
    ['/sprint-status.yaml', 'The board as YAML.', 'application/x-yaml'],
    ['/orchestrator.md', 'The report of the run as Markdown.', 'text/plain'],
    ['/orchestrator.csv', 'The attempts of the run as CSV.', 'text/plain'],
  ] as const
).map(([path, summary, contentType]) => ({
  id: path.slice(1).replace(/\W(\w)/g, (_, letter: string) => letter.toUpperCase()),
  method: 'GET',
  path,
  summary: `${summary} Of the run or PRD that is asked for, else of the run that began last.`,
  query: runQuery,
  answer:
    contentType === 'application/json'
      ? { status: 200, body: z.record(z.string(), z.looseObject({})) }
      : { status: 200, body: z.string(), contentType },
  errors: {},
}));

export const httpOperations: readonly HttpOperation[] = [
  {
    id: 'isAlive',
    method: 'GET',
    path: '/health',
    summary: 'Says that a hub is alive, and nothing else. It needs no token.',
    answer: { status: 200, body: z.object({ status: z.literal('ok') }) },
    errors: {},
  },
  {
    id: 'sayHello',
    method: 'GET',
    path: '/hello',
    summary: 'Proves that this is the hub of who wrote hub.json. It needs no token.',
    query: z.object({ nonce: z.string().regex(helloNonce) }),
    answer: { status: 200, body: z.object({ instance: z.string(), proof: z.string() }) },
    errors: { INVALID_FRAME: 400 },
    examples: { query: [{ nonce: 'never-the-same-again-0123456789' }] },
  },
  {
    id: 'showHealth',
    method: 'GET',
    path: '/health/ready',
    summary: 'Whether the hub can do its work, and what that depends on; 503 with the same body when it cannot.',
    answer: {
      status: 200,
      body: z.looseObject({ status: z.enum(['ready', 'not ready']), reasons: z.array(z.string()) }),
    },
    errors: {},
  },
  {
    id: 'showMetrics',
    method: 'GET',
    path: '/metrics',
    summary: 'Counters, gauges and histograms as Prometheus reads them.',
    answer: { status: 200, body: z.string(), contentType: 'text/plain' },
    errors: {},
  },
  ...reportOperations,
  {
    id: 'emit',
    method: 'POST',
    path: '/emit',
    summary: 'Publishes one event or several, all or none; answered once they are on disk.',
    query: z.object({
      publisher,
      client_id: z.string().max(64).optional().describe('The one client to tell, of one event that is stored nowhere'),
    }),
    body: z.union([publishedEvent, z.array(publishedEvent).min(1).max(1_000)]),
    answer: { status: 200, body: cursors },
    errors: { INVALID_JSON: 400, INVALID_EVENT: 400, UNKNOWN_CLIENT: 404, INSUFFICIENT_STORAGE: 507 },
    examples: {
      query: [{ publisher: 'nightly-job' }],
      body: [
        { type: 'story.started', prd_id: 'nightly', story_id: 'links' },
        [{ type: 'test.run', prd_id: 'nightly', data: { story_id: 'links', passed: 40, failed: 2, total: 42 } }],
      ],
    },
  },
  {
    id: 'listEvents',
    method: 'GET',
    path: '/api/events',
    summary:
      'A page of history, in the order of the log or backwards, between places or times. Give its cursor as `after` for the next one.',
    query: z.object({
      ...filter,
      names: dialectName.optional().describe('Whose names and envelopes to answer in'),
      order: z.enum(['asc', 'desc']).optional().describe('desc: the newest first'),
      since: place,
      until: place,
      after: cursor,
      limit: z
        .string()
        .regex(/^\d{1,4}$/)
        .optional(),
    }),
    answer: {
      status: 200,
      // With names, events are that dialect's.
      body: z.object({
        events: z.union([z.array(toldEvent.required({ cursor: true })), z.array(z.looseObject({}))]),
        cursor: cursorText,
        more: z.boolean(),
      }),
    },
    errors: { INVALID_PATTERN: 400, INVALID_FRAME: 400, INVALID_CURSOR: 410 },
    examples: {
      query: [
        { type: 'story.*,*.run', limit: '10' },
        { severity: 'warn,error', since: '2026-11-21T08:00:00Z', until: '2026-11-21T09:00:00Z' },
        { since: '0000:1' },
        { order: 'desc', limit: '10' },
        { names: 'hub' },
      ],
    },
  },
  {
    id: 'showState',
    method: 'GET',
    path: '/api/state',
    summary: 'The folded state of all runs, as of the cursor.',
    answer: { status: 200, body: z.object({ cursor: cursorText, state }) },
    errors: {},
  },
  {
    id: 'showStatistics',
    method: 'GET',
    path: '/api/stats',
    summary: "The hub's counters.",
    answer: {
      status: 200,
      body: z.looseObject({
        cursor: cursorText,
        connections: z.number().int(),
        total_events: z.number().int(),
        by_type: z.record(z.string(), z.number().int()),
        handler_failures: z.number().int(),
      }),
    },
    errors: {},
  },
  {
    id: 'clearHistory',
    method: 'POST',
    path: '/api/history/clear',
    summary: "Forgets the last events that the hub's own handlers can ask for; the log and its cursors stay.",
    body: z.object({}),
    answer: { status: 200, body: z.object({ history: z.object({ events: z.number(), bytes: z.number() }) }) },
    errors: {},
    examples: { body: [{}] },
  },
  {
    id: 'issueTicket',
    method: 'POST',
    path: '/api/tickets',
    summary: 'A link that opens the dashboard in a browser, once.',
    body: z.object({}),
    answer: { status: 201, body: ticketAnswer.extend({ expires_in_s: z.number().positive() }) },
    errors: {},
    examples: { body: [{}] },
  },
  {
    id: 'askRun',
    method: 'POST',
    path: '/api/runs/{run_id}/{intent}',
    summary: 'Asks a run for something. The run decides what becomes of it; its events tell.',
    parameters: {
      run_id: { description: 'The run' },
      intent: { description: 'What it is asked for', enum: intentName.options },
    },
    body: runIntent.omit({ run_id: true }),
    answer: { status: 202, body: z.object({ intent_id: z.string() }) },
    errors: {
      ...{ INVALID_JSON: 400, INVALID_FRAME: 400, UNKNOWN_RUN: 404, PROJECT_NOT_FOUND: 404 },
      ...{ NOT_POSSIBLE: 409, NOT_EXECUTED: 409 },
    },
    examples: { body: [{}] },
  },
];
