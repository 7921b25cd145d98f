/** Lines of Claude Code's stream, with just what the reader looks at and a little beside it. */

export const line = (value: object): string => `${JSON.stringify(value)}\n`;

export const init = (server = 'connected'): string =>
  line({
    type: 'system',
    subtype: 'init',
    session_id: 's',
    tools: ['Bash'],
    mcp_servers: [{ name: 'storyloop', status: server }],
    claude_code_version: '2.1.329',
  });

export const assistant = (block: object, error?: string): string =>
  line({ type: 'assistant', message: { id: 'm', role: 'assistant', content: [block], stop_reason: null }, error });

export const toolResult = (content: unknown, isError = false): string =>
  line({
    type: 'user',
    message: { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content, is_error: isError }] },
  });

export const usage = (inputTokens: number, outputTokens: number, costUSD: number) => ({
  'claude-a': { inputTokens, outputTokens, cacheReadInputTokens: 0, cacheCreationInputTokens: 0, costUSD },
});

/** The terminal line of a turn that went well, but for `fields`. */
export const result = (fields: object = {}): string =>
  line({
    duration_ms: 5,
    is_error: false,
    subtype: 'success',
    result: 'Done.',
    num_turns: 1,
    type: 'result',
    permission_denials: [],
    ...fields,
  });
