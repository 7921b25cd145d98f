import * as z from 'zod';
import { clientFrame, sentFrame, type ClientFrame, type ErrorCode } from '../../../src/events/frames.js';
import { jsonSchema, type JsonSchema } from './jsonSchema.js';
import { translated } from './translated.js';

type Op = ClientFrame['op'];

/** What a person has to know of a request beside its schema. Control of runs is one entry for all. */
interface Explained {
  readonly summary: string;
  readonly answer: 'ok' | 'pong';
  readonly errors: readonly ErrorCode[];
  readonly examples: readonly object[];
}

const control: Explained = {
  summary: 'Asks a run for something. The run decides what becomes of it; its events tell.',
  answer: 'ok',
  errors: ['FORBIDDEN', 'UNKNOWN_RUN', 'PROJECT_NOT_FOUND', 'NOT_POSSIBLE', 'NOT_EXECUTED'],
  examples: [],
};

const explained: Readonly<Record<Exclude<Op, `run.${string}`>, Explained>> = {
  subscribe: {
    summary:
      'Wants events by pattern of their type, project, PRD, run, story or severity; from a cursor on, without a gap. ' +
      'With names, in those of another system; with max_rate, no faster than that.',
    answer: 'ok',
    errors: ['INVALID_PATTERN', 'INVALID_CURSOR', 'TOO_LARGE'],
    examples: [
      { op: 'subscribe', id: 1, types: ['story.*'], prds: ['nightly'] },
      { op: 'subscribe', id: 1, severities: ['warn', 'error'], names: 'sse', max_rate: 10 },
    ],
  },
  subscribe_prd: {
    summary: 'Wants all events of one PRD.',
    answer: 'ok',
    errors: ['TOO_LARGE'],
    examples: [{ op: 'subscribe_prd', id: 2, prd_id: 'nightly' }],
  },
  unsubscribe: {
    summary: 'Ends a subscription.',
    answer: 'ok',
    errors: ['UNKNOWN_SUBSCRIPTION'],
    examples: [{ op: 'unsubscribe', id: 3, subscription: 's1' }],
  },
  publish: {
    summary: 'Publishes events, all or none; answered once they are on disk.',
    answer: 'ok',
    errors: ['FORBIDDEN', 'INVALID_EVENT', 'INSUFFICIENT_STORAGE', 'UNAVAILABLE'],
    examples: [
      { op: 'publish', id: 4, events: [{ type: 'story.started', prd_id: 'nightly', data: { story_id: 'links' } }] },
    ],
  },
  health: {
    summary: 'Asks whether the hub can do its work, and what that depends on; as GET /health/ready.',
    answer: 'ok',
    errors: [],
    examples: [{ op: 'health', id: 6 }],
  },
  clear_history: {
    summary: "Forgets the last events that the hub's own handlers can ask for; the log and its cursors stay.",
    answer: 'ok',
    errors: ['FORBIDDEN'],
    examples: [{ op: 'clear_history', id: 7 }],
  },
  send: {
    summary: 'Tells an event to one client alone, at once; it is stored nowhere.',
    answer: 'ok',
    errors: ['FORBIDDEN', 'INVALID_EVENT', 'UNKNOWN_CLIENT'],
    examples: [
      { op: 'send', id: 5, client_id: 'c_8', event: { type: 'log.message', data: { level: 'info', message: 'Look' } } },
    ],
  },
  ping: { summary: 'Asks whether anybody is there.', answer: 'pong', errors: [], examples: [{ op: 'ping', id: 5 }] },
};

/** What any request can be refused with. */
export const frameErrors: readonly ErrorCode[] = ['INVALID_JSON', 'INVALID_FRAME', 'INTERNAL'];

export interface ClientOperation extends Explained {
  readonly op: string;
  readonly schema: JsonSchema;
}

/** One for each request of the frame protocol; the schema is that of `src/events/frames.ts`. */
export const clientOperations: readonly ClientOperation[] = clientFrame.def.options.flatMap((option) => {
  const { op } = option.shape;
  const ops: readonly Op[] = op instanceof z.ZodEnum ? op.options : [op.value];
  return ops.map((name) => {
    const about = name in explained ? explained[name as keyof typeof explained] : control;
    const examples = about === control ? [{ op: name, id: 6, run_id: 'run_0mi9abcde' }] : about.examples;
    const schema = jsonSchema(option);
    return {
      ...about,
      op: name,
      examples,
      schema: { ...schema, properties: { ...schema.properties, op: only(name) } },
    };
  });
});

/** What the hub sends, by `op`. */
export const hubFrames: ReadonlyMap<string, JsonSchema> = new Map(
  sentFrame.def.options.map((option) => [option.shape.op.value, withTranslated(jsonSchema(option))]),
);

/** Wherever subscriptions are told an event, it may be in the names that one of them asked for. */
function withTranslated(schema: JsonSchema): JsonSchema {
  const { s, event, events } = schema.properties ?? {};
  if (s && event) return { ...schema, properties: { ...schema.properties, event: { anyOf: [event, translated] } } };
  if (!events?.items?.properties?.['s']) return schema;
  return {
    ...schema,
    properties: { ...schema.properties, events: { ...events, items: withTranslated(events.items) } },
  };
}

function only(value: string): JsonSchema {
  return { type: 'string', const: value };
}
