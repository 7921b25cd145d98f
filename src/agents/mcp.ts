import * as z from 'zod';
import type { Desk } from './desk.js';

/** Revisions of the protocol that this part of it is the same in, newest first. */
export const MCP_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const;

/** Of these tools, not of the program: it changes when what they take does. */
const SERVER_VERSION = '1.1.0';

const message = z.looseObject({
  jsonrpc: z.literal('2.0'),
  method: z.string(),
  id: z.union([z.string(), z.number()]).optional(),
  params: z.looseObject({}).optional(),
});
const call = z.looseObject({ name: z.string(), arguments: z.unknown().optional() });

/** JSON-RPC's own codes. */
const INVALID_REQUEST = -32600;
const METHOD_NOT_FOUND = -32601;
const INVALID_PARAMS = -32602;

export interface McpAnswer {
  readonly status: 200 | 202 | 400;
  readonly body: object | undefined;
}

/**
 * The Model Context Protocol as far as a few tools need it: stateless, one JSON answer for each request. By hand, because
 * the official SDK would nearly double the command line for it.
 */
export async function answerMcp(input: unknown, desks: readonly Desk[]): Promise<McpAnswer> {
  const parsed = message.safeParse(input);
  if (!parsed.success) return failure(400, null, INVALID_REQUEST, 'Not a JSON-RPC request');
  const { method, id, params = {} } = parsed.data;
  // Notifications have no id and get no answer; there is none that matters here.
  if (id === undefined) return { status: 202, body: undefined };
  switch (method) {
    case 'initialize':
      return result(id, {
        protocolVersion: MCP_VERSIONS.find((version) => version === params['protocolVersion']) ?? MCP_VERSIONS[0],
        capabilities: { tools: {} },
        serverInfo: { name: 'storyloop', version: SERVER_VERSION },
      });
    case 'ping':
      return result(id, {});
    case 'tools/list':
      return result(id, { tools: desks.map(({ tool }) => tool) });
    case 'tools/call': {
      const called = call.safeParse(params);
      const desk = desks.find(({ tool }) => tool.name === called.data?.name);
      if (!called.success || !desk) {
        const names = desks.map(({ tool }) => tool.name).join(', ');
        return failure(200, id, INVALID_PARAMS, `There is no such tool here, only: ${names}`);
      }
      const taken = await desk.take(called.data.arguments);
      return result(id, {
        content: [{ type: 'text', text: taken.ok ? taken.value : taken.error }],
        isError: !taken.ok,
      });
    }
    default:
      return failure(200, id, METHOD_NOT_FOUND, `Unknown method ${method}`);
  }
}

type Id = string | number | null;

function result(id: Id, value: object): McpAnswer {
  return { status: 200, body: { jsonrpc: '2.0', id, result: value } };
}

function failure(status: 200 | 400, id: Id, code: number, text: string): McpAnswer {
  return { status, body: { jsonrpc: '2.0', id, error: { code, message: text } } };
}
