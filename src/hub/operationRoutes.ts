import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Admitted } from '../gate/gate.js';
import { err, ok, type Result } from '../primitives/result.js';
import { readiness } from './health.js';
import type { HubCore } from './hubCore.js';
import { renderReport, reportPaths } from './reportFiles.js';
import { commonHeaders, type HttpFault } from './responses.js';
import { listRunFiles, maxFileBytes, openRunFile, type OpenRunFile } from './runFiles.js';
import { statistics } from './statistics.js';

interface Exchange {
  readonly core: HubCore;
  readonly response: ServerResponse;
  readonly admitted: Admitted;
}

type Outcome = Result<{ readonly status: number; readonly body: object }, HttpFault> | 'answered';
type Serve = (exchange: Exchange) => Outcome | Promise<Outcome>;

const notFound = (message: string): Outcome => err({ status: 404, code: 'NOT_FOUND', message });

/** What tells how the hub and its runs are; all of them are read with `GET`. */
export const operationRoutes: Readonly<Record<string, { readonly method: 'GET'; readonly serve: Serve }>> = {
  '/api/stats': { method: 'GET', serve: ({ core }) => ok({ status: 200, body: statistics(core) }) },
  '/health/ready': { method: 'GET', serve: health },
  '/metrics': { method: 'GET', serve: metrics },
  ...Object.fromEntries(reportPaths.map((path) => [path, { method: 'GET', serve: report } as const])),
};

const filesPrefix = '/files/';

/** `/files/<run>/…`, which has no fixed names. */
export function isRunFile(path: string): boolean {
  return path.startsWith(filesPrefix);
}

/** The list of a run's files at `/files/<run>`, or one of them. */
export async function serveRunFile({ core, response, admitted }: Exchange): Promise<Outcome> {
  const parts = decoded(admitted.path.slice(filesPrefix.length).replace(/\/$/, ''));
  const sources = { state: core.log.memory.state, projectOf: core.projectOf };
  const [runId = '', place, name, ...more] = parts ?? [];
  if (place === undefined) {
    const files = parts && (await listRunFiles(sources, runId));
    return files ? ok({ status: 200, body: { run: runId, files } }) : notFound('There is no such run');
  }
  const file = name === undefined || more.length > 0 ? undefined : await openRunFile(sources, runId, place, name);
  if (!file) return notFound('There is no such file');
  try {
    if (file.bytes > maxFileBytes)
      return err({ status: 413, code: 'TOO_LARGE', message: `${file.name} has more than ${maxFileBytes} bytes` });
    await send(response, file);
  } finally {
    await file.handle.close();
  }
  return 'answered';
}

async function health({ core }: Exchange): Promise<Outcome> {
  const body = await readiness(core);
  return ok({ status: body.status === 'ready' ? 200 : 503, body });
}

async function metrics({ core, response }: Exchange): Promise<Outcome> {
  const page = core.metrics();
  if (!page)
    return err({
      status: 503,
      code: 'UNAVAILABLE',
      message: 'The file that makes the metrics is gone; start the hub again (in VS Code: reload)',
    });
  sendText(response, page.contentType, await page.text(statistics(core)));
  return 'answered';
}

function report({ core, response, admitted: { path, query } }: Exchange): Outcome {
  const shown = { state: core.log.memory.state, interrupted: core.interrupted(), now: core.clock.now() };
  const rendered = renderReport(path, query, shown);
  if (!rendered.ok) return notFound(rendered.error);
  sendText(response, rendered.value.type, rendered.value.text);
  return 'answered';
}

function sendText(response: ServerResponse, type: string, text: string): void {
  response.writeHead(200, { ...commonHeaders, 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

/** An agent wrote what is in it: saved, never shown, wherever it is opened. */
async function send(response: ServerResponse, { handle, name, bytes }: OpenRunFile): Promise<void> {
  response.writeHead(200, {
    ...commonHeaders,
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Disposition': `attachment; filename="${name.replace(/^.*\//, '')}"`,
    'Content-Security-Policy': `default-src 'none'; sandbox`,
    'Content-Length': bytes,
  });
  if (bytes === 0) {
    response.end();
    return;
  }
  // Not beyond what was announced, though it may have grown.
  await pipeline(handle.createReadStream({ start: 0, end: bytes - 1, autoClose: false }), response);
}

/** The parts of a path, decoded once; undefined when one could mean something else than a name. */
function decoded(path: string): string[] | undefined {
  try {
    const parts = path.split('/').map(decodeURIComponent);
    return parts.every((part) => /^[\w.-]+$/.test(part) && !/^\.+$/.test(part)) ? parts : undefined;
  } catch {
    return undefined;
  }
}
