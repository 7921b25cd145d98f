import type { Envelope } from '../events/envelope.js';
import { normalTime } from './progressHub.js';
import { say, type Rendered, type Said, type Words } from './words.js';

/** The progress stream: the bare data under a name of its own, with the time in it. */
export function toProgressStream(event: Envelope): Rendered | undefined {
  const said = say(words, event, undefined);
  if (!said) return undefined;
  const [type, data] = said;
  return { type, body: { ...data, timestamp: event.timestamp } };
}

/** Every field is always there, with the type that it has there: its clients know no absent ones. */
const words: Words<void> = {
  'prd.started': (event) => {
    const { title, total_stories: count } = event.data;
    const task = taskId(event);
    const { estimated_duration: estimate } = event.data as { estimated_duration?: unknown };
    const duration = typeof estimate === 'number' ? estimate : 0;
    return [
      'task_started',
      { task_id: task, task_name: title ?? task, story_count: count, estimated_duration: duration },
    ];
  },
  'prd.completed': (event) => {
    const { success, completed_stories: done = 0, failed_stories: failed = 0, duration_ms = 0 } = event.data;
    const summary = { success, stories_completed: done, stories_failed: failed, duration_ms };
    return ['task_completed', { task_id: taskId(event), ...summary }];
  },
  'story.started': ({ data }) => {
    const { story_id, title = story_id, criteria = [], ac_count = criteria.length, priority = 0 } = data;
    const texts = criteria.map(({ ac_text: text }) => text);
    return ['story_started', { story_id, title, ac_count, priority, acceptance_criteria: texts }];
  },
  'story.completed': ({ data: { story_id, success, duration_ms = 0, commits = [] } }) => {
    return ['story_completed', { story_id, status: success ? 'passed' : 'failed', duration_ms, commits }];
  },
  'criterion.completed': ({ data: { story_id, ac_index, ac_text, duration_ms = 0 } }) => {
    return ['ac_completed', { story_id, ac_index, ac_text, duration_ms }];
  },
  'error.occurred': ({ data, story_id: about = '' }) => {
    const { error, error_type = 'error', error_message = error, retryable = false, story_id = about } = data;
    return ['error_occurred', { story_id, error_type, error_message, retryable }];
  },
};

function taskId({ run_id, prd_id, source }: Envelope): string {
  return run_id ?? prd_id ?? source;
}

type Fields = Readonly<Record<string, unknown>>;

/** What such a client publishes, `{type, data}`; undefined when it is none of its events. */
export function fromProgressStream(value: object): object | undefined {
  const { type, data = {}, ...rest } = value as Fields;
  if (typeof type !== 'string' || typeof data !== 'object' || data === null) return undefined;
  const { timestamp, task_id: task, ...fields } = data as Fields;
  const told = hear(type, fields);
  if (!told) return undefined;
  const when = rest['timestamp'] ?? timestamp;
  return {
    // What it calls a task is what we keep stories together by.
    ...(typeof task === 'string' && task !== '' ? { prd_id: task } : {}),
    ...rest,
    type: told[0],
    data: told[1],
    ...(when === undefined ? {} : { timestamp: normalTime(when) }),
  };
}

function hear(type: string, data: Fields): Said {
  switch (type) {
    case 'task_started': {
      const { task_name: title, story_count: count, ...more } = data;
      return ['prd.started', { ...more, status: 'running', title, total_stories: count }];
    }
    case 'task_completed': {
      const { stories_completed: done = 0, stories_failed: failed = 0, success = failed === 0, ...more } = data;
      const status = success === true ? 'completed' : 'failed';
      return ['prd.completed', { ...more, success, status, completed_stories: done, failed_stories: failed }];
    }
    case 'story_started': {
      const { acceptance_criteria: texts, ...more } = data;
      const criteria = Array.isArray(texts)
        ? { criteria: texts.map((text: unknown, index) => ({ ac_index: index + 1, ac_text: text })) }
        : {};
      return ['story.started', { ...more, status: 'in_progress', ...criteria }];
    }
    case 'story_completed': {
      const { status, ...more } = data;
      // Anything else is refused by its name.
      if (status !== 'passed' && status !== 'failed') return ['story.completed', data];
      const success = status === 'passed';
      return ['story.completed', { ...more, success, status: success ? 'completed' : 'failed' }];
    }
    case 'ac_completed':
      return ['criterion.completed', data];
    case 'error_occurred': {
      const { error_message: message, story_id: story, ...more } = data;
      const about = story === '' || story === undefined ? {} : { story_id: story };
      return ['error.occurred', { ...more, ...about, error: message, error_message: message }];
    }
    default:
      return undefined;
  }
}
