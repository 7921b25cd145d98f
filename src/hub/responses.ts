import type { ServerResponse } from 'node:http';
import type { ErrorCode } from '../events/frames.js';
import { requestIdHeader } from './requestId.js';

/** On every response; and never `Access-Control-Allow-*`. */
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

/** The same for an upgrade, where there is only the socket. */
export function upgradeFault({ status, code, message }: HttpFault, reason: string, requestId: string): string {
  const body = JSON.stringify({ code, message, request_id: requestId });
  const headers = {
    ...commonHeaders,
    [requestIdHeader]: requestId,
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${reason}\r\n${lines.join('')}\r\n${body}`;
}
