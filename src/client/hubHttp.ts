import { request, type IncomingMessage } from 'node:http';
import type { ErrorCode } from '../events/frames.js';
import { err, ok, type Result } from '../primitives/result.js';
import type { Discovery } from '../session/discovery.js';

/** Why a request has no good answer. Without a `status` the hub was not reached, or did not answer in time. */
export interface HttpFailure {
  readonly status: number | undefined;
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface HttpCall {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** Without the token. */
  readonly anonymous?: boolean;
  /** Until the headers of the answer, and again for its body when that is read as a whole. */
  readonly withinMs: number;
  readonly signal?: AbortSignal;
}

const maxAnswerBytes = 64 * 1024 * 1024;

/** The answer's body as JSON. */
export async function askHub(hub: Discovery, target: string, call: HttpCall): Promise<Result<unknown, HttpFailure>> {
  const response = await openResponse(hub, target, call);
  if (!response.ok) return response;
  const body = await readJson(response.value, call.withinMs);
  if (body === undefined) return unreachable('The hub broke its answer off');
  const { statusCode: status = 0 } = response.value;
  return status < 300 ? ok(body) : err(failureOf(status, body));
}

/** An answer whose body the caller reads; a socket of its own, which goes with it. */
export function openResponse(
  hub: Discovery,
  target: string,
  { method = 'GET', headers = {}, body, anonymous = false, withinMs, signal }: HttpCall,
): Promise<Result<IncomingMessage, HttpFailure>> {
  return new Promise((resolve) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const sent = request({
      host: hub.host,
      port: hub.port,
      path: target,
      method,
      agent: false,
      headers: {
        ...(anonymous ? {} : { Authorization: `Bearer ${hub.token}` }),
        ...(text === undefined
          ? {}
          : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }),
        ...headers,
      },
      ...(signal && { signal }),
    });
    sent.setTimeout(withinMs, () => sent.destroy(new Error('The hub does not answer')));
    sent.on('error', (error) => {
      resolve(unreachable(error.message));
    });
    sent.on('response', (response) => {
      sent.setTimeout(0);
      response.on('error', () => {});
      resolve(ok(response));
    });
    sent.end(text);
  });
}

/** Undefined when the answer is cut, too long or no JSON. */
export async function readJson(
  response: IncomingMessage,
  withinMs: number,
  maxBytes = maxAnswerBytes,
): Promise<unknown> {
  response.setTimeout(withinMs, () => response.destroy());
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) return undefined;
      chunks.push(chunk);
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

function failureOf(status: number, body: unknown): HttpFailure {
  const { code = 'INTERNAL', message = `The hub answered ${status}`, details } = body as Partial<HttpFailure>;
  return { status, code, message, ...(details && { details }) };
}

const unreachable = (message: string): Result<never, HttpFailure> =>
  err({ status: undefined, code: 'UNAVAILABLE', message });
