import type { AgentProgress } from './agent.js';
import type { StreamReader } from './agentProcess.js';
import { contentBlocks, parseClaudeLine, type ClaudeLine, type ClaudeResult, type ModelUsage } from './claudeLines.js';
import { blockText } from './claudeText.js';
import { LineSplitter } from './lineSplitter.js';

/** Name of our MCP server in Claude Code's configuration, and so a part of its tools' names. */
export const MCP_SERVER = 'storyloop';

interface Listener {
  onProgress(progress: AgentProgress): void;
  /** A turn begins, or is over: after the last one the process has nothing left to say. */
  onTurn(isOver: boolean): void;
}

/** Reads Claude Code's stdout: what it does becomes output, and what decides about its end is kept. */
export class ClaudeStream implements StreamReader {
  readonly #lines = new LineSplitter((line) => {
    const parsed = parseClaudeLine(line);
    if (parsed) this.#take(parsed);
  });
  #result: ClaudeResult | undefined;
  #apiError: string | undefined;
  #resetsAt: string | undefined;
  #used: ModelUsage = {};
  #told = new Set<string>();

  constructor(private readonly listener: Listener) {}

  /** The last terminal line; undefined as long as a turn goes on. */
  get result(): ClaudeResult | undefined {
    return this.#result;
  }

  /** Claude Code's own name for the last error of the API. */
  get apiError(): string | undefined {
    return this.#apiError;
  }

  /** When the limit that ended it is over, as ISO time, where that is known. */
  get resetsAt(): string | undefined {
    return this.#resetsAt;
  }

  push(chunk: Buffer): void {
    this.#lines.push(chunk);
  }

  end(): void {
    this.#lines.end();
  }

  #take(line: ClaudeLine): void {
    switch (line.type) {
      case 'system':
        this.#system(line);
        return;
      case 'assistant':
        this.#apiError = line.error;
        this.#say(contentBlocks(line.message.content).map(blockText).join(''));
        return;
      case 'user':
        this.#say(contentBlocks(line.message.content).map(blockText).join(''));
        return;
      case 'rate_limit_event': {
        const { status, resetsAt } = line.rate_limit_info;
        if (status !== 'rejected') return;
        if (resetsAt !== undefined) this.#resetsAt = new Date(resetsAt * 1_000).toISOString();
        return;
      }
      case 'result':
        this.#end(line);
        return;
    }
  }

  #system(line: Extract<ClaudeLine, { type: 'system' }>): void {
    switch (line.subtype) {
      case 'init': {
        this.#result = undefined;
        this.listener.onTurn(false);
        const server = line.mcp_servers.find(({ name }) => name === MCP_SERVER);
        if (server?.status === 'failed' || server?.status === 'needs-auth') {
          this.#warn("Claude Code could not reach Storyloop's MCP server, so it cannot report criteria.");
        }
        return;
      }
      case 'api_retry': {
        const why = [line.error_status, line.error].filter(Boolean).join(' ');
        this.#say(`Trying again (${line.attempt} of ${line.max_retries}) after an error of the API: ${why}\n`);
        return;
      }
      case 'permission_denied':
        this.#say(`  ✗ ${line.tool_name} was not allowed\n`);
        return;
    }
  }

  #end(result: ClaudeResult): void {
    this.#result = result;
    const usage = result.model_usage_since_last_result ?? difference(result.modelUsage ?? {}, this.#used);
    this.#used = result.modelUsage ?? this.#used;
    if (Object.keys(usage).length > 0) this.listener.onProgress({ kind: 'usage', ...total(usage) });
    const denied = [...new Set(result.permission_denials.map(({ tool_name: tool }) => tool))];
    if (denied.length > 0) {
      this.#warn(
        `Claude Code was not allowed to use ${denied.join(', ')}. To allow it, see storyloop.agents.claude.allowedTools and permissionMode.`,
      );
    }
    this.listener.onTurn(true);
  }

  #say(text: string): void {
    if (text !== '') this.listener.onProgress({ kind: 'output', text });
  }

  #warn(message: string): void {
    if (this.#told.has(message)) return;
    this.#told.add(message);
    this.listener.onProgress({ kind: 'warning', message });
  }
}

function total(usage: ModelUsage): { inputTokens: number; outputTokens: number; costUsd: number } {
  const sum = { inputTokens: 0, outputTokens: 0, costUsd: 0 };
  for (const model of Object.values(usage)) {
    sum.inputTokens += model.inputTokens + model.cacheReadInputTokens + model.cacheCreationInputTokens;
    sum.outputTokens += model.outputTokens;
    sum.costUsd += model.costUSD;
  }
  return sum;
}

/** What came on top of an earlier account of the same session. */
function difference(now: ModelUsage, before: ModelUsage): ModelUsage {
  return Object.fromEntries(
    Object.entries(now).map(([model, used]) => {
      const less = (field: keyof typeof used): number => Math.max(0, used[field] - (before[model]?.[field] ?? 0));
      return [
        model,
        {
          inputTokens: less('inputTokens'),
          outputTokens: less('outputTokens'),
          cacheReadInputTokens: less('cacheReadInputTokens'),
          cacheCreationInputTokens: less('cacheCreationInputTokens'),
          costUSD: less('costUSD'),
        },
      ];
    }),
  );
}
