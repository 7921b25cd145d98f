import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod';
import { intentName } from '../events/catalogue.js';
import { describe, publishedEvent } from '../events/envelope.js';
import { runIntent } from '../events/frames.js';
import { publisherName } from '../events/publisher.js';
import { fromDialect } from '../dialects/incoming.js';
import { err, ok, type Result } from '../primitives/result.js';
import { publishError } from './clientAnswers.js';
import { ticketLifeMs } from '../gate/browserSessions.js';
import { serveFile, servePage } from './dashboardPage.js';
import type { FeedEntry } from './feed.js';
import type { Admitted } from '../gate/gate.js';
import { isPage } from '../gate/pageFiles.js';
import { sayHello } from './hello.js';
import { readPage } from './history.js';
import type { HubCore } from './hubCore.js';
import { readJsonBody } from './jsonBody.js';
import { isRunFile, operationRoutes, serveRunFile } from './operationRoutes.js';
import { parsePageQuery } from './pageQuery.js';
import { fail, respond, type HttpFault } from './responses.js';
import type { IntentRefusal } from './runIntents.js';
import type { SseTransport } from './sseTransport.js';
import { keptSince } from './renderings.js';
import { parseStreamQuery } from './streamQuery.js';

interface Exchange {
  readonly core: HubCore;
  readonly sse: SseTransport;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly admitted: Admitted;
}

type Outcome = Result<{ readonly status: number; readonly body: object | Buffer }, HttpFault> | 'answered';

/** Serves one request that the gate admitted. */
export async function serveRequest(exchange: Exchange): Promise<void> {
  const outcome = await route(exchange);
  if (outcome === 'answered') return;
  if (outcome.ok) respond(exchange.response, outcome.value.status, outcome.value.body);
  else {
    exchange.core.counters.refused(outcome.error.code);
    fail(exchange.response, outcome.error);
  }
}

/** What a publisher without a name is called. */
const anonymous = 'external';

/** The name that its token stands for, or else that it gave with `?publisher=`; undefined when it is none. */
export function publisherOf({ publisher, query }: Pick<Admitted, 'publisher' | 'query'>): string | undefined {
  const name = publisher ?? query.get('publisher') ?? anonymous;
  return publisherName.test(name) ? name : undefined;
}

async function route(exchange: Exchange): Promise<Outcome> {
  const { method, path } = exchange.admitted;
  if (method === 'GET' && servesPage(exchange)) return 'answered';
  const intent = /^\/api\/runs\/([^/]+)\/([a-z]+)$/.exec(path);
  if (intent)
    return method === 'POST' ? requestIntent(exchange, intent[1] ?? '', intent[2] ?? '') : wrongMethod('POST');
  if (isRunFile(path)) return method === 'GET' ? serveRunFile(exchange) : wrongMethod('GET');
  const handler = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (!handler) return err({ status: 404, code: 'NOT_FOUND', message: 'There is nothing here' });
  return method === handler.method ? handler.serve(exchange) : wrongMethod(handler.method);
}

/** By path. `test/rig/documents/httpOperations.ts` describes each for clients. */
export const routes: Readonly<
  Record<
    string,
    { readonly method: 'GET' | 'POST'; readonly serve: (exchange: Exchange) => Outcome | Promise<Outcome> }
  >
> = {
  '/health': { method: 'GET', serve: () => success(200, { status: 'ok' }) },
  '/hello': { method: 'GET', serve: sayHello },
  '/stream/progress': { method: 'GET', serve: serveStream },
  '/emit': { method: 'POST', serve: emit },
  '/api/tickets': { method: 'POST', serve: issueTicket },
  '/api/events': { method: 'GET', serve: listEvents },
  '/api/state': { method: 'GET', serve: showState },
  '/api/history/clear': { method: 'POST', serve: clearHistory },
  ...operationRoutes,
};

/** The pages for browsers and their files. */
function servesPage({ core, response, admitted }: Exchange): boolean {
  const { path } = admitted;
  const page = { sessions: core.access.sessions, files: core.dashboard, response, admitted };
  if (!isPage(path)) return serveFile(page);
  servePage(page, path);
  return true;
}

/** A link that opens the dashboard once, for who shows the token. */
function issueTicket({ core, admitted }: Exchange): Outcome {
  const url = `${admitted.scheme}://${admitted.host}/?ticket=${core.access.sessions.issueTicket()}`;
  return success(201, { url, expires_in_s: ticketLifeMs / 1_000 });
}

/** The log stays as it is. */
function clearHistory({ core }: Exchange): Outcome {
  core.bus.clearHistory();
  return success(200, { history: core.bus.stats().history });
}

function serveStream({ core, sse, request, response, admitted }: Exchange): Outcome {
  const wish = parseStreamQuery(admitted.query);
  if (!wish.ok) return wish;
  const last = request.headers['last-event-id'];
  const since = typeof last === 'string' ? last : (admitted.query.get('since') ?? undefined);
  sse.serve(response, wish.value, since ?? keptSince(core, wish.value));
  return 'answered';
}

async function emit({ core, request, admitted }: Exchange): Promise<Outcome> {
  const publisher = publisherOf(admitted);
  if (publisher === undefined) return err({ status: 400, code: 'INVALID_EVENT', message: 'publisher: no valid name' });
  const body = await readJsonBody(request);
  if (!body.ok) return body;
  const client = admitted.query.get('client_id');
  const events = z
    .array(publishedEvent)
    .min(1)
    .max(client === null ? 1_000 : 1)
    .safeParse((Array.isArray(body.value) ? body.value : [body.value]).map(fromDialect));
  if (!events.success) {
    const [index] = events.error.issues[0]?.path ?? [];
    const details = typeof index === 'number' ? { details: { index } } : {};
    return err({ status: 400, code: 'INVALID_EVENT', message: describe(events.error, []), ...details });
  }
  const [only] = events.data;
  if (client !== null && only) {
    const sent = core.clients.send(publisher, client, only);
    return sent.ok ? success(200, { cursors: [] }) : sent;
  }
  const stored = await core.ingest.publish(publisher, events.data);
  return stored.ok
    ? success(200, { cursors: stored.value })
    : err({ ...publishError(stored.error), message: stored.error.message });
}

async function listEvents({ core, admitted: { query } }: Exchange): Promise<Outcome> {
  const wish = parsePageQuery(query, core.log.logId);
  if (!wish.ok) return wish.error === 'unknown_log' ? lostCursor(core, 'until', wish.error) : err(wish.error);
  const page = await readPage(core, wish.value);
  if (typeof page === 'string') return lostCursor(core, 'since', page);
  const { entries, cursor, more } = page;
  return success(
    200,
    Buffer.concat([
      Buffer.from('{"events":['),
      ...entries.flatMap(({ json }: FeedEntry, index: number) => (index === 0 ? [json] : [Buffer.from(','), json])),
      Buffer.from(`],"cursor":"${cursor}","more":${more}}`),
    ]),
  );
}

function lostCursor(core: HubCore, name: string, reason: string): Outcome {
  const details = { reason, cursor: core.log.cursor(core.feed.position) };
  return err({ status: 410, code: 'INVALID_CURSOR', message: `${name}: nothing can be resumed from here`, details });
}

function showState({ core }: Exchange): Outcome {
  const { cursor, state } = core.snapshots.current();
  return success(200, Buffer.from(`{"cursor":"${cursor}","state":${state}}`));
}

const refusalStatus = {
  UNKNOWN_RUN: 404,
  PROJECT_NOT_FOUND: 404,
  NOT_POSSIBLE: 409,
  NOT_EXECUTED: 409,
} as const satisfies Record<IntentRefusal['code'], number>;

const intentBody = runIntent.omit({ run_id: true });

async function requestIntent({ core, request, admitted }: Exchange, runId: string, name: string): Promise<Outcome> {
  const intent = intentName.safeParse(name);
  if (!intent.success) return err({ status: 404, code: 'NOT_FOUND', message: `A run cannot be asked to "${name}"` });
  const body = await readJsonBody(request);
  if (!body.ok) return body;
  const about = intentBody.safeParse(body.value);
  if (!about.success) return err({ status: 400, code: 'INVALID_FRAME', message: describe(about.error, []) });
  const by = admitted.scope === 'browser' ? 'the dashboard in a browser' : 'HTTP client';
  const asked = await core.intents.request(intent.data, { run_id: runId, ...about.data }, by);
  return asked.ok
    ? success(202, { intent_id: asked.value })
    : err({ status: refusalStatus[asked.error.code], ...asked.error });
}

function success(status: number, body: object | Buffer): Outcome {
  return ok({ status, body });
}

function wrongMethod(expected: string): Outcome {
  return err({ status: 405, code: 'METHOD_NOT_ALLOWED', message: `Use ${expected}` });
}
