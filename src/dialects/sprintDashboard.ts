import type { Envelope } from '../events/envelope.js';
import type { StoryStatus } from '../events/catalogue.js';
import { say, type Rendered, type Said, type Words } from './words.js';

/** What the sprint dashboard numbers and we do not: a run is a batch, a wave is a cycle. */
export interface RunFacts {
  /** The running number of the run that the event is about; undefined when it is about none. */
  batchId(event: Envelope): number | undefined;
  /** Which story of its run this one is, in the order in which they began. */
  cycleNumber(event: Envelope, storyId: string): number;
  /** Stories of the run that came to an end. */
  cyclesCompleted(event: Envelope): number;
}

/** `{type, payload, timestamp}`, the time in milliseconds. */
export function toSprintDashboard(event: Envelope, facts: RunFacts): Rendered | undefined {
  const said = say(words, event, facts);
  if (!said) return undefined;
  const [type, payload] = said;
  return { type, body: { type, payload, timestamp: Date.parse(event.timestamp) } };
}

const words: Words<RunFacts> = {
  'batch.started': ({ data }) => ['batch:start', pick(data, 'batch_id', 'max_cycles')],
  'batch.ended': ({ data }) => ['batch:end', pick(data, 'batch_id', 'cycles_completed', 'status')],
  'prd.started': (event, facts) => {
    const batch = facts.batchId(event);
    return batch === undefined ? undefined : ['batch:start', { batch_id: batch, max_cycles: 'all' }];
  },
  'prd.completed': (event, facts) => batchEnd(event, facts, event.data.success ? 'completed' : 'error'),
  'prd.stopped': (event, facts) => batchEnd(event, facts, 'stopped'),
  'prd.cancelled': (event, facts) => batchEnd(event, facts, 'stopped'),
  'cycle.started': ({ data }) => ['cycle:start', pick(data, 'cycle_number', 'story_keys')],
  'cycle.ended': ({ data }) => ['cycle:end', pick(data, 'cycle_number', 'completed_stories')],
  // Where nobody tells of waves, each story is one.
  'story.started': (event, facts) => {
    const { story_id: story } = event.data;
    return ['cycle:start', { cycle_number: facts.cycleNumber(event, story), story_keys: [story] }];
  },
  'story.completed': (event, facts) => {
    const { story_id: story, success } = event.data;
    const completed = success ? [story] : [];
    return ['cycle:end', { cycle_number: facts.cycleNumber(event, story), completed_stories: completed }];
  },
  'story.status': ({ data }) => ['story:status', pick(data, 'story_key', 'old_status', 'new_status')],
  'command.started': ({ data }) => ['command:start', pick(data, 'story_key', 'command', 'task_id')],
  'command.progress': ({ data }) => ['command:progress', pick(data, 'story_key', 'command', 'task_id', 'message')],
  'command.ended': ({ data }) => {
    const measured = data.metrics && { metrics: pick(data.metrics, 'duration_ms', 'tokens') };
    return ['command:end', { ...pick(data, 'story_key', 'command', 'task_id', 'status'), ...measured }];
  },
  'gate.started': ({ data }) => ['command:start', gateCommand(data)],
  'gate.completed': ({ data }) => {
    const { passed, duration_ms: duration } = data;
    const measured = duration === undefined ? {} : { metrics: { duration_ms: duration } };
    return ['command:end', { ...gateCommand(data), status: passed ? 'success' : 'error', ...measured }];
  },
  'error.occurred': ({ data }) => {
    const { error, error_type: type = 'error', error_message: message = error, context } = data;
    return ['error', { type, message, ...(context === undefined ? {} : { context }) }];
  },
  'context.created': ({ data }) => ['context:create', contextPayload(data)],
  'context.refreshed': ({ data }) => ['context:refresh', contextPayload(data)],
  'context.completed': ({ data }) => ['context:complete', contextPayload(data)],
};

function batchEnd(event: Envelope, facts: RunFacts, status: 'completed' | 'stopped' | 'error'): Said {
  const batch = facts.batchId(event);
  if (batch === undefined) return undefined;
  return ['batch:end', { batch_id: batch, cycles_completed: facts.cyclesCompleted(event), status }];
}

/** A gate runs once at a time for a story. */
function gateCommand({ story_id: story, gate }: { readonly story_id: string; readonly gate: string }): object {
  return { story_key: story, command: gate, task_id: `gate-${story}-${gate}` };
}

function pick<T extends object, K extends keyof T>(data: T, ...fields: readonly K[]): Partial<Pick<T, K>> {
  const entries = fields.flatMap((field) => (data[field] === undefined ? [] : [[field, data[field]] as const]));
  return Object.fromEntries(entries) as Partial<Pick<T, K>>;
}

function contextPayload({ story_id: story, attempt }: { readonly story_id: string; readonly attempt: number }): object {
  return { story_key: story, attempt };
}

/** Names whose payload is our data. */
const sameData: Readonly<Record<string, string>> = {
  'batch:start': 'batch.started',
  'batch:end': 'batch.ended',
  'cycle:start': 'cycle.started',
  'cycle:end': 'cycle.ended',
  'command:start': 'command.started',
  'command:progress': 'command.progress',
  'command:end': 'command.ended',
};

/** What boards call the states of a story. */
const statusNames: Readonly<Record<string, StoryStatus>> = {
  backlog: 'open',
  drafted: 'open',
  todo: 'open',
  'ready-for-dev': 'open',
  'in-progress': 'in_progress',
  review: 'in_progress',
  done: 'completed',
  passed: 'completed',
  error: 'failed',
};

/** What such a client publishes, `{type, payload, timestamp}`; undefined when it is none of its events. */
export function fromSprintDashboard(value: object): object | undefined {
  const { type, payload, timestamp, ...rest } = value as Readonly<Record<string, unknown>>;
  if (typeof type !== 'string' || typeof payload !== 'object' || payload === null) return undefined;
  const told = hear(type, payload as Readonly<Record<string, unknown>>);
  if (!told) return undefined;
  const time = typeof timestamp === 'number' ? new Date(timestamp) : undefined;
  const when = time && !Number.isNaN(time.getTime()) ? time.toISOString() : timestamp;
  return { ...rest, type: told[0], data: told[1], ...(when === undefined ? {} : { timestamp: when }) };
}

function hear(type: string, payload: Readonly<Record<string, unknown>>): Said {
  const same = Object.hasOwn(sameData, type) ? sameData[type] : undefined;
  if (same !== undefined) return [same, payload];
  switch (type) {
    case 'story:status': {
      const { old_status: before, new_status: after } = payload;
      return ['story.status', { ...payload, old_status: storyStatus(before), new_status: storyStatus(after) }];
    }
    case 'error': {
      const { type: kind, message, context } = payload;
      const about = context === undefined ? {} : { context };
      return ['error.occurred', { error: message, error_type: kind, error_message: message, ...about }];
    }
    case 'context:create':
      return ['context.created', contextData(payload)];
    case 'context:refresh':
      return ['context.refreshed', contextData(payload)];
    case 'context:complete':
      return ['context.completed', contextData(payload)];
    default:
      return undefined;
  }
}

function storyStatus(value: unknown): unknown {
  return typeof value === 'string' && Object.hasOwn(statusNames, value) ? statusNames[value] : value;
}

function contextData({ story_key: story, attempt = 1, ...more }: Readonly<Record<string, unknown>>): object {
  return { ...more, story_id: story, attempt };
}
