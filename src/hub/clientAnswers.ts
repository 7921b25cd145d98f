import { intentName, type IntentName } from '../events/catalogue.js';
import type { PublishedEvent } from '../events/envelope.js';
import type { ClientFrame, ErrorCode, HubFrame } from '../events/frames.js';
import { allows, type Scope } from '../gate/scopes.js';
import { readiness } from './health.js';
import type { HubCore } from './hubCore.js';
import type { PublishFailure } from './ingest.js';
import type { IntentRequest } from './runIntents.js';

export type Answer = Extract<HubFrame, { op: 'ok' | 'error' | 'pong' }>;

/** Who asks. */
export interface Asker {
  readonly id: string;
  readonly publisher: string;
  readonly scope: Scope | undefined;
}

/** Requests that have nothing to do with the subscriptions of who asks. */
export type PlainRequest = Exclude<ClientFrame, { op: 'subscribe' | 'subscribe_prd' | 'unsubscribe' }>;

export async function answerRequest(core: HubCore, asker: Asker, frame: PlainRequest): Promise<Answer> {
  switch (frame.op) {
    case 'ping':
      return { op: 'pong' };
    case 'health':
      return { op: 'ok', health: await readiness(core) };
    case 'clear_history':
      return clearHistory(core, asker);
    case 'publish':
      return publish(core, asker, frame.events);
    case 'send':
      return send(core, asker, frame.client_id, frame.event);
    case 'run.pause':
    case 'run.resume':
    case 'run.stop':
    case 'run.cancel':
    case 'run.hold':
    case 'run.release':
    case 'run.retry':
    case 'run.skip':
    case 'run.prioritise':
    case 'run.accept':
    case 'run.answer':
      return askRun(core, asker, intentName.parse(frame.op.slice('run.'.length)), frame);
  }
}

async function publish(core: HubCore, asker: Asker, events: readonly PublishedEvent[]): Promise<Answer> {
  if (!allows(asker.scope, 'publish')) return mayNotPublish;
  const stored = await core.ingest.publish(asker.publisher, events);
  if (stored.ok) return { op: 'ok', cursors: [...stored.value] };
  const { code, details } = publishError(stored.error);
  return refusal(code, stored.error.message, details);
}

function clearHistory(core: HubCore, asker: Asker): Answer {
  if (!allows(asker.scope, 'control')) return refusal('FORBIDDEN', 'This token does not allow to clear the history');
  core.bus.clearHistory();
  return { op: 'ok' };
}

function send(core: HubCore, asker: Asker, clientId: string, event: PublishedEvent): Answer {
  if (!allows(asker.scope, 'publish')) return mayNotPublish;
  const sent = core.clients.send(asker.publisher, clientId, event);
  return sent.ok ? { op: 'ok' } : refusal(sent.error.code, sent.error.message);
}

async function askRun(core: HubCore, asker: Asker, intent: IntentName, about: IntentRequest): Promise<Answer> {
  if (!allows(asker.scope, 'control')) return refusal('FORBIDDEN', 'This token does not allow to control runs');
  const asked = await core.intents.request(intent, about, `hub client ${asker.id}`);
  return asked.ok ? { op: 'ok', intent_id: asked.value } : refusal(asked.error.code, asked.error.message);
}

/** How a refused publication is told, on every transport. */
export function publishError(failure: PublishFailure): {
  readonly status: 400 | 503 | 507;
  readonly code: ErrorCode;
  readonly details?: Record<string, unknown>;
} {
  switch (failure.kind) {
    case 'invalid':
      return { status: 400, code: 'INVALID_EVENT', details: { index: failure.index } };
    case 'full':
      return { status: 507, code: 'INSUFFICIENT_STORAGE' };
    case 'fenced':
    case 'io':
    case 'closed':
      return { status: 503, code: 'UNAVAILABLE' };
  }
}

export function refusal(code: ErrorCode, message: string, details?: Record<string, unknown>): Answer {
  return { op: 'error', code, message, ...(details ? { details } : {}) };
}

const mayNotPublish = refusal('FORBIDDEN', 'This token does not allow to publish');
