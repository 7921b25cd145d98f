import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { err, ok, type Result } from '../primitives/result.js';
import type { ClaimAccess } from './agent.js';
import type { Desk } from './desk.js';
import { answerMcp, MCP_VERSIONS } from './mcp.js';

const MOST_BYTES = 64 * 1024;
const PATH = '/mcp';

interface Answer {
  readonly status: number;
  readonly body?: object | undefined;
}

/**
 * One attempt's own door for claims and questions, or for a reviewer's findings: MCP (Streamable HTTP) on a loopback port, with a credential that nothing else has.
 * Both end with the attempt, so a report of another attempt, or one that comes too late, reaches nobody.
 */
export class ClaimEndpoint implements AsyncDisposable {
  private constructor(
    private readonly server: Server,
    private readonly desks: readonly Desk[],
    readonly access: ClaimAccess,
  ) {}

  /** The error says why nothing can listen here. */
  static async open(desks: readonly Desk[]): Promise<Result<ClaimEndpoint, string>> {
    const token = randomBytes(32).toString('base64url');
    const server = createServer({ requestTimeout: 10_000 });
    server.listen(0, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch (error) {
      return err(error instanceof Error ? error.message : String(error));
    }
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('Internal error: no port');
    const host = `127.0.0.1:${address.port}`;
    server.on('request', (request, response) => {
      void serve(request, response, { host, token, desks });
    });
    return ok(new ClaimEndpoint(server, desks, { url: `http://${host}${PATH}`, token }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const desk of this.desks) desk.close();
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}

interface Door {
  readonly host: string;
  readonly token: string;
  readonly desks: readonly Desk[];
}

async function serve(request: IncomingMessage, response: ServerResponse, door: Door): Promise<void> {
  const { status, body } = refusal(request, door) ?? (await answer(request, door));
  const text = body === undefined ? '' : JSON.stringify(body);
  response.writeHead(status, {
    'content-length': Buffer.byteLength(text),
    ...(text !== '' && { 'content-type': 'application/json' }),
    // What was not read of a refused request would be taken for the next one.
    ...(status >= 400 && { connection: 'close' }),
  });
  response.end(text);
}

/** In the order of the hub's gate: Host, Origin, Sec-Fetch-Site, credential, what is asked for, content type. */
function refusal(request: IncomingMessage, { host, token }: Door): Answer | undefined {
  const { headers, method, url } = request;
  if (headers.host !== host) return { status: 421 };
  // No page has any business here.
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) return { status: 403 };
  if (!isSame(headers.authorization ?? '', `Bearer ${token}`)) return { status: 401 };
  if (url !== PATH) return { status: 404 };
  // No stream of the server's own messages: it has none.
  if (method !== 'POST') return { status: 405 };
  if (!/^application\/json *(;|$)/i.test(headers['content-type'] ?? '')) return { status: 415 };
  const version = headers['mcp-protocol-version'];
  return version !== undefined && !MCP_VERSIONS.some((known) => known === version) ? { status: 400 } : undefined;
}

async function answer(request: IncomingMessage, { desks }: Door): Promise<Answer> {
  try {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > MOST_BYTES) return { status: 413 };
      chunks.push(chunk);
    }
    return await answerMcp(JSON.parse(Buffer.concat(chunks).toString('utf8')), desks);
  } catch (error) {
    // Not JSON, or the journal is lost, which ends the run elsewhere.
    return { status: error instanceof SyntaxError ? 400 : 503 };
  }
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
