import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type ServerResponse } from 'node:http';
import { preflightHeaders } from '../gate/origins.js';
import type { ErrorCode } from '../events/frames.js';
import { requestIdHeader } from './requestId.js';

/** On every response. What a page of another origin may read is said by {@link corsHeaders} alone. */
export const commonHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
} as const;

export interface HttpFault {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: Record<string, unknown>;
}

export function respond(response: ServerResponse, status: number, body: object | Buffer): void {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  response.writeHead(status, { ...commonHeaders, 'Content-Type': 'application/json', 'Content-Length': bytes.length });
  response.end(bytes);
}

/** The connection goes with it when the request's body was not read. */
export function fail(response: ServerResponse, fault: HttpFault): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (!response.req.complete) response.setHeader('Connection', 'close');
  const { status, code, message, details } = fault;
  const id = response.getHeader(requestIdHeader);
  respond(response, status, {
    code,
    message,
    ...(typeof id === 'string' ? { request_id: id } : {}),
    ...(details ? { details } : {}),
  });
}

/** The same where there is only the socket; the connection ends with it. */
export function rawFault({ status, code, message }: HttpFault, requestId: string = randomUUID()): string {
  const body = JSON.stringify({ code, message, request_id: requestId });
  const headers = {
    ...commonHeaders,
    [requestIdHeader]: requestId,
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`;
}

/** Lets a page of an allowed origin read the answer; never with the browser's own credentials. */
export function corsHeaders(origin: string | undefined): Record<string, string> {
  return origin === undefined ? {} : { 'Access-Control-Allow-Origin': origin, Vary: 'Origin' };
}

/** What a browser asks before it lets such a page send something. */
export function answerPreflight(response: ServerResponse): void {
  response.writeHead(204, { ...commonHeaders, ...preflightHeaders });
  response.end();
}
