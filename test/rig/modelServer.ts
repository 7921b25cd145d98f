import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import * as z from 'zod';

/** What the model does in one turn: words and calls of tools, an error of the API, or nothing, for ever. */
export type ModelTurn =
  | { readonly do: 'say'; readonly text: string }
  | { readonly do: 'call'; readonly text?: string; readonly tool: string; readonly input: object }
  | { readonly do: 'refuse'; readonly status: number; readonly type: string; readonly message: string }
  | { readonly do: 'hang' };

/** Of the body of `POST /v1/messages`, as much as the stand-in looks at. */
const messagesRequest = z.looseObject({
  model: z.string(),
  tools: z.array(z.looseObject({ name: z.string() })).default([]),
  messages: z.array(z.looseObject({ role: z.string(), content: z.unknown() })),
});
export type MessagesRequest = z.infer<typeof messagesRequest>;

/** What each turn is said to have used; Claude Code prices it by its own table. */
const USAGE = { input_tokens: 1_200, cache_creation_input_tokens: 100, cache_read_input_tokens: 800 };
const OUTPUT_TOKENS = 42;

/**
 * Stands in for the model: Anthropic's Messages API on loopback, which plays turns instead of thinking. Which turn it is
 * follows from the conversation that comes with each request.
 */
export class ModelServer implements AsyncDisposable {
  /** Requests of the agent's main loop. */
  readonly requests: MessagesRequest[] = [];

  private constructor(
    private readonly server: Server,
    readonly turns: readonly ModelTurn[],
    readonly reviewing: readonly ModelTurn[],
  ) {}

  /** `reviewing`: what it plays for a reviewer; `$KEY` in what it calls is the key of the prompt. */
  static async start(turns: readonly ModelTurn[], reviewing: readonly ModelTurn[] = []): Promise<ModelServer> {
    const server = createServer();
    const model = new ModelServer(server, turns, reviewing);
    server.on('request', (request, response) => {
      model.#serve(request, response).catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : undefined);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return model;
  }

  /** What a CLI needs in its environment to talk to this model and to nobody else. */
  get environment(): Readonly<Record<string, string>> {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('Internal error: no port');
    return { ANTHROPIC_BASE_URL: `http://127.0.0.1:${address.port}` };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const [path] = (request.url ?? '').split('?');
    const body: unknown = path === '/v1/messages' ? JSON.parse(Buffer.concat(chunks).toString('utf8')) : undefined;
    const parsed = messagesRequest.safeParse(body);
    if (!parsed.success) {
      answer(response, 404, { type: 'error', error: { type: 'not_found_error', message: 'Not played here' } });
      return;
    }
    // Side errands, such as a title for the session, bring no tools.
    const isMain = parsed.data.tools.length > 0;
    if (isMain) this.requests.push(parsed.data);
    const index = parsed.data.messages.filter(({ role }) => role === 'assistant').length;
    const conversation = JSON.stringify(parsed.data.messages);
    // Tools of MCP are not among those of the request, but found by a search.
    const turns = conversation.includes('# Review of ') ? this.reviewing : this.turns;
    const key = /The key is ([\w-]+)/.exec(conversation)?.[1] ?? '';
    const turn = isMain ? turns[Math.min(index, turns.length - 1)] : undefined;
    this.#play(withKey(turn, key) ?? { do: 'say', text: 'Fine.' }, parsed.data.model, index, response);
  }

  #play(turn: ModelTurn, model: string, index: number, response: ServerResponse): void {
    switch (turn.do) {
      case 'hang':
        return;
      case 'refuse':
        answer(response, turn.status, { type: 'error', error: { type: turn.type, message: turn.message } });
        return;
      case 'say':
        stream(response, model, index, [{ type: 'text', text: turn.text }]);
        return;
      case 'call': {
        const text = turn.text === undefined ? [] : [{ type: 'text' as const, text: turn.text }];
        const call = { type: 'tool_use' as const, id: `toolu_${index}`, name: turn.tool, input: turn.input };
        stream(response, model, index, [...text, call]);
        return;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}

function withKey(turn: ModelTurn | undefined, key: string): ModelTurn | undefined {
  if (turn?.do !== 'call') return turn;
  return { ...turn, input: JSON.parse(JSON.stringify(turn.input).replaceAll('$KEY', key)) as object };
}

type Block =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'tool_use'; readonly id: string; readonly name: string; readonly input: object };

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** A message as server-sent events, block by block. */
function stream(response: ServerResponse, model: string, turn: number, blocks: readonly Block[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (type: string, data: object): void => {
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  };
  const message = { id: `msg_${turn}`, type: 'message', role: 'assistant', model, content: [], stop_reason: null };
  send('message_start', { message: { ...message, stop_sequence: null, usage: { ...USAGE, output_tokens: 1 } } });
  blocks.forEach((block, index) => {
    const start = block.type === 'text' ? { ...block, text: '' } : { ...block, input: {} };
    send('content_block_start', { index, content_block: start });
    const delta =
      block.type === 'text'
        ? { type: 'text_delta', text: block.text }
        : { type: 'input_json_delta', partial_json: JSON.stringify(block.input) };
    send('content_block_delta', { index, delta });
    send('content_block_stop', { index });
  });
  const reason = blocks.some(({ type }) => type === 'tool_use') ? 'tool_use' : 'end_turn';
  send('message_delta', {
    delta: { stop_reason: reason, stop_sequence: null },
    usage: { output_tokens: OUTPUT_TOKENS },
  });
  send('message_stop', {});
  response.end();
}
